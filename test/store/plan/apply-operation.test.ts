import { beforeEach, describe, expect, it } from 'vitest';
import { formatTimestamp } from '../../../src/model/event/event.js';
import type { Operation } from '../../../src/model/operation/operation.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { applyOperation } from '../../../src/store/plan/apply-operation.js';
import { EventFinder } from '../../../src/store/read/event-finder.js';
import { readEvents, readState } from '../../../src/store/read/records.js';
import { MemoryRepository } from '../../sync/import-support.js';

const SUBJECT = deployment('k0rdent-x');
const TIME = Date.UTC(2026, 0, 1);
const LOGGED = makeUlid(TIME, 1n);
const timestamp = formatTimestamp(TIME);

/** What one of two machines does that log the same in the same second, each with a change of its own. */
function made(host: string, n: bigint, { logged = LOGGED, peer = host } = {}): Operation {
  const [id, spare] = [makeUlid(TIME, 10n * n), makeUlid(TIME, 10n * n + 1n)];
  const event = { id: logged, timestamp, action: 'ips_assigned', host, source: { operation: id } };
  return {
    ...{ id, time: TIME, actor: { name: 'ada', email: 'ada@example.com' }, title: 'ips_assigned' },
    events: [
      { subject: SUBJECT, event, given: [] },
      { subject: SUBJECT, event: { id: spare, timestamp, action: 'state_changed', host } },
    ],
    change: {
      ...{ deployment: SUBJECT.id, event: logged, otherwise: spare, preconditions: [] },
      edits: [{ op: 'set', path: ['deployment', 'peers', peer], value: 1 }],
    },
  };
}

describe('an operation whose event has its id from its content', () => {
  let repository: MemoryRepository;
  const apply = async (operation: Operation) => {
    const tip = { view: repository, at: async () => null, events: new EventFinder(repository) };
    const applied = await applyOperation(operation, tip);
    if (applied.kind === 'commit') repository.write(applied.files);
    return applied;
  };
  const peers = async () => (await readState(repository, SUBJECT.id))?.['deployment'];
  const written = async () =>
    (await readEvents(repository, SUBJECT))
      .map((event) => event.read())
      .map(({ action, host }) => [action, host]);
  beforeEach(() => {
    repository = new MemoryRepository();
  });

  it('changes the state with an event of its own where another one has logged the same', async () => {
    await apply(made('one', 1n));
    expect(await written()).toEqual([['ips_assigned', 'one']]);
    expect(await apply(made('two', 2n))).toMatchObject({
      kind: 'commit',
      duplicates: [LOGGED],
      changes: [{ path: 'deployment.peers.two', after: 1 }],
    });
    expect(await peers()).toEqual({ peers: { one: 1, two: 1 } });
    expect(await written()).toEqual([
      ['ips_assigned', 'one'],
      ['state_changed', 'two'],
    ]);
  });

  it('is recorded for itself where the state is so already', async () => {
    const one = made('one', 1n);
    const same = made('two', 2n, { logged: makeUlid(TIME, 2n), peer: 'one' });
    await apply(one);
    expect(await apply(same)).toMatchObject({ kind: 'commit', changes: [] });
    expect(await apply(same)).toMatchObject({ kind: 'present', changes: [] });
    expect(await written()).toEqual([
      ['ips_assigned', 'one'],
      ['ips_assigned', 'two'],
    ]);
  });

  it('is done once, whoever has changed the state since', async () => {
    const [one, two] = [made('one', 1n), made('two', 2n)];
    await apply(one);
    await apply(two);
    const later = makeUlid(TIME, 99n);
    await apply({
      ...{ id: later, time: TIME, actor: one.actor, title: 'set' },
      events: [{ subject: SUBJECT, event: { id: later, timestamp, action: 'state_changed' } }],
      change: {
        ...{ deployment: SUBJECT.id, event: later, preconditions: [] },
        edits: [
          { op: 'set', path: ['deployment', 'peers', 'one'], value: 2 },
          { op: 'set', path: ['deployment', 'peers', 'two'], value: 2 },
        ],
      },
    });
    for (const operation of [one, two]) {
      const { host } = operation.events[0]?.event ?? {};
      expect(await apply(operation)).toMatchObject({
        kind: 'present',
        changes: [{ path: `deployment.peers.${host}`, after: 1 }],
      });
    }
    expect(await peers()).toEqual({ peers: { one: 2, two: 2 } });
  });
});

it('leaves out what is told once where a newer tip has its context under another id', async () => {
  const repository = new MemoryRepository();
  const told = (id: bigint, version: string): Operation => {
    const event = { id: makeUlid(TIME, id), timestamp, action: 'seen', context: { version } };
    const actor = { name: 'ada', email: 'ada@example.com' };
    const events = [{ subject: SUBJECT, event, given: [], once: true }];
    return { id: makeUlid(TIME, id + 50n), time: TIME, actor, title: 'seen', events };
  };
  const apply = async (operation: Operation) => {
    const tip = { view: repository, at: async () => null, events: new EventFinder(repository) };
    const applied = await applyOperation(operation, tip);
    if (applied.kind === 'commit') repository.write(applied.files);
    return applied;
  };
  expect(await apply(told(1n, '100'))).toMatchObject({ kind: 'commit' });
  expect(await apply(told(2n, '100'))).toMatchObject({ kind: 'present', duplicates: [makeUlid(TIME, 2n)] });
  expect(await apply(told(3n, '101'))).toMatchObject({ kind: 'commit' });
  const both = told(4n, '102');
  const twice = { ...both, events: [...both.events, ...told(5n, '102').events] };
  expect(await apply(twice)).toMatchObject({ kind: 'commit', duplicates: [makeUlid(TIME, 5n)] });
  expect(await readEvents(repository, SUBJECT)).toHaveLength(3);
});
