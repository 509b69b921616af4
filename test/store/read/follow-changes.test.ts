import { describe, expect, it } from 'vitest';
import { type EnvironmentError, RemoteError } from '../../../src/errors.js';
import { WENT_BACK } from '../../../src/store/port/shared-history.js';
import type { Revision, RevisionChange } from '../../../src/store/port/state-store.js';
import { followChanges } from '../../../src/store/read/follow-changes.js';
import { MemoryStore } from '../../support/memory-store.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { fakeClock } from '../../support/store-fixtures.js';

const unreachable = (words = 'no route') => new RemoteError(words, { data: { remote: 'unreachable' } });

/** A store whose watch breaks off with each of these errors, after so many revisions. */
class BreakingStore extends MemoryStore {
  readonly asked: (Revision | null)[] = [];
  readonly breaks: { after: number; error: Error }[] = [];

  override async *changes(after: Revision | null, signal: AbortSignal): AsyncGenerator<RevisionChange> {
    this.asked.push(after);
    const next = this.breaks.shift();
    let count = 0;
    if (next && next.after === 0) throw next.error;
    for await (const change of super.changes(after, signal)) {
      yield change;
      count += 1;
      if (count === next?.after) throw next.error;
    }
  }
}

async function followed(store: BreakingStore, count: number) {
  const stop = new AbortController();
  const away: (RemoteError | EnvironmentError)[] = [];
  const clock = fakeClock();
  const seen: Revision[] = [];
  const options = { clock, signal: stop.signal, onAway: (error: (typeof away)[number]) => away.push(error) };
  for await (const { revision } of followChanges(store, null, options)) {
    seen.push(revision);
    if (seen.length === count) stop.abort();
  }
  return { seen, away: away.map(({ message }) => message), slept: clock.slept };
}

async function storeWith(count: number) {
  const store = new BreakingStore();
  const commits = Array.from({ length: count }, (_, n) => commit({ a: String(n) }));
  return { store, revisions: await swapAll(store, null, commits) };
}

describe('following the changes of a store', () => {
  it('goes on behind the last revision when the server is back, and tells each reason once', async () => {
    const { store, revisions } = await storeWith(5);
    store.breaks.push(
      { after: 2, error: unreachable() },
      { after: 0, error: unreachable() },
      { after: 0, error: unreachable('refused') },
      { after: 1, error: unreachable('refused') },
    );
    const { seen, away, slept } = await followed(store, 5);
    expect(seen).toEqual(revisions);
    expect(away).toEqual(['no route', 'refused', 'refused']);
    expect(store.asked).toEqual([null, revisions[1], revisions[1], revisions[1], revisions[2]]);
    expect(slept).toEqual([2_000, 2_000, 2_000, 2_000]);
  });

  it.each([
    ['the server does not let us in', new RemoteError('no', { data: { remote: 'denied' } })],
    ['the store went back', new RemoteError('gone', { data: { cause: WENT_BACK } })],
    ['something is broken', new TypeError('bug')],
  ])('ends with the error where %s', async (_, error) => {
    const { store } = await storeWith(3);
    store.breaks.push({ after: 2, error });
    await expect(followed(store, 3)).rejects.toBe(error);
  });

  it('ends at once although a request has no answer', async () => {
    const stop = new AbortController();
    const store = {
      changes: async function* (): AsyncGenerator<RevisionChange> {
        await new Promise(() => undefined);
      },
    };
    const options = { clock: fakeClock(), signal: stop.signal, onAway: () => undefined };
    const next = followChanges(store, null, options).next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});
