import { describe, expect, it } from 'vitest';
import { submit } from '../../../src/app/write/submit.js';
import { ConflictError, LockHeldError, RefusedError, RemoteError } from '../../../src/errors.js';
import { claimOf } from '../../../src/model/lease/lease.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { eventOperation, FaultyStore, setOperation } from '../../support/store-fixtures.js';

const CI = { CI: 'true' };

/** A store that cannot be reached. */
function away(settings = {}) {
  const store = new FaultyStore();
  store.onSwap = () => ({ kind: 'unreachable', error: new RemoteError('the remote is away') });
  const memory = memoryWriting(settings, store);
  return { ...memory, waiting: () => memory.context.opened.repository.outbox.size() };
}

describe('a write that cannot be published now', () => {
  it('is kept, and the user is told', async () => {
    const { writing, notes, waiting } = away();
    expect(await submit(await writing(), eventOperation())).toMatchObject({ delivery: 'queued' });
    expect(notes.join()).toContain('not published yet: the remote is away');
    expect(await waiting()).toBe(1);
  });

  it.each([
    ['in CI', { environment: CI }],
    ['where it must be published', { terms: { requirePublish: true } }],
  ])('fails %s, and is kept', async (_where, more) => {
    const { writing, waiting } = away();
    const failed = submit(await writing(more), eventOperation());
    await expect(failed).rejects.toMatchObject({ code: 'REMOTE', data: { kept: true } });
    expect(await waiting()).toBe(1);
  });

  it('fails and is taken back where nobody would check its condition later', async () => {
    const { writing, waiting } = away();
    const failed = submit(await writing(), setOperation('a', 1), true);
    await expect(failed).rejects.toMatchObject({ code: 'REMOTE', data: { kept: false } });
    expect(await waiting()).toBe(0);
  });

  it('is not tried at all where it is queued, in CI, too, and whatever its condition', async () => {
    const { writing, store, waiting } = away();
    const queued = await writing({ terms: { queue: true }, environment: CI });
    expect(await submit(queued, setOperation('a', 1), true)).toMatchObject({ delivery: 'queued' });
    expect([store.swaps, await waiting()]).toEqual([0, 1]);
  });
});

it('leaves a write to the publisher where writes are published together, unless it has to be known at once', async () => {
  const store = new FaultyStore();
  const { writing } = memoryWriting({ publishInterval: 1_000 }, store);
  let started = 0;
  const publishLater = async () => {
    started += 1;
  };
  const joined = await submit(await writing({ publishLater }), eventOperation());
  expect([joined.delivery, started, store.swaps]).toEqual(['queued', 1, 0]);
  const dry = await submit(await writing({ publishLater, terms: { dryRun: true } }), eventOperation());
  expect([dry.delivery, started]).toEqual(['dry-run', 1]);
  for (const more of [{ environment: CI }, { terms: { requirePublish: true } }]) {
    const outcome = await submit(await writing({ publishLater, ...more }), eventOperation());
    expect([outcome.delivery, started]).toEqual(['published', 1]);
  }
  expect((await submit(await writing({ publishLater }), setOperation('a', 1), true)).delivery).toBe(
    'published',
  );
});

it('tells of names that no folder on Windows can have', async () => {
  const { writing, notes } = memoryWriting();
  await submit(await writing(), eventOperation('made', 'aux'));
  expect(notes).toEqual([expect.stringContaining('aux')]);
});

describe('a write under a lock', () => {
  const holder = { name: 'Ada', host: 'here' };
  const author = { name: 'Ada', email: 'ada@example.com' };

  async function locked() {
    const memory = memoryWriting();
    const { leases } = memory.context.opened;
    const { record } = await leases.acquire(
      {
        ...{ name: 'site', lease: memory.ids.next(), isShared: false, ttl: 60_000, wait: 0 },
        ...{ holder, author, reason: undefined, mustTell: false },
        tell: () => eventOperation(),
        onWait: () => undefined,
      },
      1_000,
    );
    return { ...memory, claim: claimOf(record) };
  }

  it('claims the lease that it names, or that it was handed', async () => {
    const { writing, claim } = await locked();
    const terms = { lock: 'site' };
    for (const more of [
      { terms, claims: { handed: [claim] } },
      { terms, claims: { handed: [], taken: [claim] } },
    ])
      expect(await submit(await writing(more), eventOperation())).toMatchObject({ delivery: 'published' });
    await expect(submit(await writing({ terms: { lock: 'other' } }), eventOperation())).rejects.toThrow();
  });

  it('is refused where somebody else holds the lock', async () => {
    const { writing } = await locked();
    const refused = submit(await writing({ terms: { lock: 'site' } }), eventOperation());
    await expect(refused).rejects.toSatisfy(
      (error) => error instanceof LockHeldError || error instanceof ConflictError,
    );
  });
});

describe('a write that a protected branch refuses', () => {
  function refusing(settings = {}) {
    const store = new FaultyStore();
    store.onSwap = () => ({
      kind: 'refused',
      error: new RefusedError('main is protected', { data: { branch: 'main' } }),
    });
    return memoryWriting(settings, store);
  }

  it('fails with the command that would propose it, and is kept', async () => {
    const { writing } = refusing();
    const failed = submit(await writing({ command: () => 'kgit set a=1' }), eventOperation());
    await expect(failed).rejects.toMatchObject({
      code: 'REFUSED',
      data: { kept: true },
      suggestions: expect.arrayContaining(['Propose it instead: kgit set a=1 --propose']),
    });
    const plain = submit(await writing(), eventOperation());
    await expect(plain).rejects.toSatisfy(
      (error) => error instanceof RefusedError && !error.suggestions.join().includes('kgit set'),
    );
  });

  it('is proposed where the team has agreed on that; what cannot be proposed is kept', async () => {
    const { writing, notes, context } = refusing({ writeOnProtected: 'propose' });
    const operation = eventOperation();
    const failed = submit(await writing(), operation);
    await expect(failed).rejects.toMatchObject({ data: { operation: operation.id, kept: true } });
    expect(notes).toEqual([expect.stringContaining('is protected, so this is proposed')]);
    expect(await context.opened.repository.outbox.size()).toBe(1);
  });
});
