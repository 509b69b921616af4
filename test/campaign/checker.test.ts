import { describe, expect, it } from 'vitest';
import { checkHistory } from '../support/campaign/checker.js';
import type { Answer, Call, PublishedCommit, Step, History as Whole } from '../support/campaign/history.js';
import { LEASE_MS } from '../support/campaign/holder-rules.js';

/** Chains of locks have rules of their own, in breaks.test.ts. */
type History = Omit<Whole, 'chains'>;
const check = (history: History) => checkHistory({ ...history, chains: new Map() });

const set = (path: string, value: string, expected?: string | null): Step =>
  expected === undefined ? { kind: 'set', path, value } : { kind: 'set', path, value, expected };
const PUBLISHED: Answer = { delivery: 'published' };
const refused = (path: string, actual: string | null): Answer => ({
  error: { code: 'CONFLICT', data: { path, actual } },
});

/** A call that took from `began` to `ended`. */
function call(
  id: string,
  step: Step,
  [began, ended]: [number, number],
  answer: Answer | null = PUBLISHED,
): Call {
  const code = answer === null ? null : answer.error ? 12 : 0;
  return { id, clone: 0, step, began, ended, code, answer };
}

let made = 0;
type Changes = PublishedCommit['events'][number]['changes'];

/** A commit with the event of a call, and the state that it left. */
function commit(runId: string, changes: Changes = [], state?: unknown): PublishedCommit {
  made += 1;
  const subject = changes.length > 0 ? 'deployment/d' : 'cluster/default/kcm-system/c';
  const event = { revision: `r${made}`, path: `${runId}.yaml`, id: `E${made}`, subject, runId, changes };
  const states = new Map(state === undefined ? [] : [['d', state]]);
  const place = { revision: `r${made}`, operation: `O${made}`, isEmpty: false, committed: made };
  return { ...place, events: [event], states, rewritten: [] };
}

const wrote = (
  runId: string,
  path: string,
  before: string | undefined,
  after: string | undefined,
  state: unknown,
) => commit(runId, [{ path, ...(before ? { before } : {}), ...(after ? { after } : {}) }], state);

/** Two writers of one register and an event: all as it should be. */
function good(): { calls: Call[]; commits: PublishedCommit[]; waiting: string[] } {
  return {
    calls: [
      call('a', set('p', '1', null), [0, 10]),
      call('e', { kind: 'event' }, [5, 15]),
      call('b', set('p', '2', '1'), [20, 30]),
      call('c', set('p', '3', '1'), [20, 35], refused('p', '2')),
      call('k', set('p', '4'), [40, 45], null),
      call('q', { kind: 'event' }, [50, 51], { delivery: 'queued' }),
    ],
    commits: [
      wrote('a', 'p', undefined, '1', { p: '1' }),
      commit('e'),
      wrote('b', 'p', '1', '2', { p: '2' }),
      wrote('k', 'p', '2', '4', { p: '4' }),
    ],
    waiting: ['q'],
  };
}

/** The same with a queued unset of the register, begun at a time, that left no event. */
function withUnset(began: number): History {
  const { calls, ...rest } = good();
  const unset = call('u', { kind: 'unset', path: 'p' }, [began, began + 1], { delivery: 'queued' });
  return { ...rest, calls: [...calls, unset] };
}

const at = <T>(list: readonly T[], i: number): T => list[i] as T;

/** What each way to break the write path would leave behind. */
const BAD: readonly [what: string, says: RegExp, history: () => History][] = [
  [
    'an entry dropped before its push was answered',
    /was acknowledged and is nowhere/,
    () => ({ ...good(), commits: good().commits.filter((_commit, i) => i !== 1) }),
  ],
  [
    'a queued unset that is lost, while there was something to take away all the time',
    /not linearizable/,
    () => withUnset(21),
  ],
  ['a queued write that is lost', /was acknowledged and is nowhere/, () => ({ ...good(), waiting: [] })],
  [
    'a write told to be published that only waits',
    /only waits/,
    () => ({ ...good(), commits: good().commits.filter((_commit, i) => i !== 1), waiting: ['q', 'e'] }),
  ],
  [
    'an event written twice under two ids',
    /is there 2 times/,
    () => ({ ...good(), commits: [...good().commits, commit('e')] }),
  ],
  [
    'an event written twice under one id',
    /is on the branch twice/,
    () => {
      const { commits, ...rest } = good();
      return { ...rest, commits: [...commits, { ...at(commits, 1), revision: 'again', committed: 99_999 }] };
    },
  ],
  [
    'a second, empty commit of an operation that is there already',
    /operation O\d+ has a commit already/,
    () => {
      const { commits, ...rest } = good();
      const again = { ...at(commits, 1), revision: 'again', committed: 99_999, events: [] };
      return { ...rest, commits: [...commits, again] };
    },
  ],
  [
    'a commit that changes nothing',
    /again: changes nothing/,
    () => {
      const { commits, ...rest } = good();
      const empty = { ...commit('x'), revision: 'again', isEmpty: true, events: [] };
      return { ...rest, commits: [...commits, empty] };
    },
  ],
  ['a published write that still waits', /is there 2 times/, () => ({ ...good(), waiting: ['q', 'b'] })],
  [
    'a forced push over what others wrote',
    /was acknowledged and is nowhere/,
    () => {
      const { commits, ...rest } = good();
      return { ...rest, commits: [at(commits, 0), wrote('b', 'p', '1', '2', { p: '2' })] };
    },
  ],
  [
    'a document written over by one that was made on an older tip',
    /is not the fold of its events/,
    () => {
      const { commits, ...rest } = good();
      const stale = commit('x', [{ path: 'q', after: '1' }], { p: '2', q: '1' });
      return { ...rest, commits: [...commits, stale] };
    },
  ],
  [
    'a precondition evaluated on an older tip',
    /not linearizable/,
    () => {
      const { calls, commits, waiting } = good();
      const late = wrote('c', 'p', '2', '3', { p: '3' });
      const won = call('c', set('p', '3', '1'), [20, 35]);
      return {
        calls: calls.map((one) =>
          one.id === 'c' ? won : one.id === 'k' ? call('k', { kind: 'event' }, [40, 45]) : one,
        ),
        commits: [...commits.slice(0, 3), late, commit('k')],
        waiting,
      };
    },
  ],
  [
    'a change that does not know what was there',
    /it was built on another tip/,
    () => {
      const { commits, ...rest } = good();
      return { ...rest, commits: [...commits.slice(0, 3), wrote('k', 'p', '1', '4', { p: '4' })] };
    },
  ],
  [
    'a refusal for a value that was gone before the call began',
    /not linearizable/,
    () => {
      const { calls, ...rest } = good();
      const wrong = call('c', set('p', '3', '2'), [32, 35], refused('p', '1'));
      return { ...rest, calls: calls.map((one) => (one.id === 'c' ? wrong : one)) };
    },
  ],
  [
    'a refused write that lands all the same',
    /was refused and is in/,
    () => ({ ...good(), commits: [...good().commits, wrote('c', 'p', '4', '3', { p: '3' })] }),
  ],
  [
    'a write that overtakes one that was answered before it began',
    /stands before it/,
    () => {
      const { calls, commits, waiting } = good();
      const [a, e, b, k] = commits as [PublishedCommit, PublishedCommit, PublishedCommit, PublishedCommit];
      return { calls, waiting, commits: [a, b, { ...e, committed: b.committed }, k] };
    },
  ],
  [
    'an event that was edited',
    /was changed or removed/,
    () => {
      const { commits, ...rest } = good();
      return { ...rest, commits: [...commits.slice(0, 3), { ...at(commits, 3), rewritten: ['e.yaml'] }] };
    },
  ],
  [
    'a date that goes backwards',
    /date is before its parent/,
    () => {
      const { commits, ...rest } = good();
      return { ...rest, commits: [...commits.slice(0, 3), { ...at(commits, 3), committed: 1 }] };
    },
  ],
  [
    'an end that nobody foresaw',
    /ended as a bug: boom/,
    () => {
      const { calls, ...rest } = good();
      const bug = call('x', { kind: 'event' }, [60, 61], { error: { code: 'INTERNAL', message: 'boom' } });
      return { ...rest, calls: [...calls, { ...bug, code: 1 }] };
    },
  ],
];

const lockCall = (id: string, clone: number, times: [number, number], token: number): Call => ({
  ...call(id, { kind: 'lock', lock: 'one' }, times, { token }),
  clone,
});
const underLock = (id: string, clone: number, times: [number, number], answer: Answer = PUBLISHED): Call => ({
  ...call(id, { kind: 'event', lock: 'one' }, times, answer),
  clone,
});

const BAD_TOKENS: readonly [what: string, says: RegExp, history: () => History][] = [
  [
    'one token for two holders',
    /token 1 was given to clones 0 and 1/,
    () => ({
      calls: [lockCall('l0', 0, [0, 10], 1), lockCall('l1', 1, [5, 15], 1)],
      commits: [],
      waiting: [],
    }),
  ],
  [
    'a token that is lower than one given before',
    /token 1 was given after 2/,
    () => ({
      calls: [lockCall('l0', 0, [0, 10], 2), lockCall('l1', 1, [20, 25], 1)],
      commits: [],
      waiting: [],
    }),
  ],
  [
    'a write under a lease that was taken over',
    /landed under token 1 after clone 1 got 2/,
    () => ({
      calls: [lockCall('l0', 0, [0, 10], 1), lockCall('l1', 1, [20, 25], 2), underLock('w', 0, [30, 40])],
      commits: [commit('w')],
      waiting: [],
    }),
  ],
  [
    'a write under a lease that was ended by force',
    /landed after b ended its lease by force/,
    () => {
      const breaking: Call = { ...call('b', { kind: 'break', lock: 'one' }, [20, 25], {}), clone: 1 };
      return {
        calls: [lockCall('l0', 0, [0, 10], 1), breaking, underLock('w', 0, [30, 40])],
        commits: [commit('w')],
        waiting: [],
      };
    },
  ],
  [
    'a fenced write that lands',
    /was told to be fenced, and is on the branch/,
    () => ({
      calls: [lockCall('l0', 0, [0, 10], 1), underLock('w', 0, [30, 40], { error: { code: 'FENCED' } })],
      commits: [commit('w')],
      waiting: [],
    }),
  ],
];

describe('the checker', () => {
  it('is content with a history that kept every promise', () => {
    expect(check(good())).toEqual([]);
    expect(check(withUnset(-5))).toEqual([]);
    const calls = [
      lockCall('l0', 0, [0, 10], 1),
      underLock('w', 0, [11, 15]),
      // The lease of the first has expired by then.
      lockCall('l1', 1, [LEASE_MS + 20, LEASE_MS + 25], 2),
      underLock('v', 0, [LEASE_MS + 30, LEASE_MS + 40], { error: { code: 'FENCED' } }),
    ];
    expect(check({ calls, commits: [commit('w')], waiting: [] })).toEqual([]);
  });

  it.each([...BAD, ...BAD_TOKENS])('sees %s', (_what, says, history) => {
    expect(check(history()).join('\n')).toMatch(says);
  });
});
