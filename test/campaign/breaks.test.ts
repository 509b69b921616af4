import { expect, it } from 'vitest';
import { checkBreaks } from '../support/campaign/break-rules.js';
import type { Call, ChainStep, History, PublishedCommit } from '../support/campaign/history.js';

const step = (action: string, token: number): ChainStep => ({ action, token });
const ENDED = [step('acquire', 1), step('renew', 1), step('break', 1), step('acquire', 2)];

let made = 0;
/** A commit with the event that the lease of a token was ended. */
function told(token: number, id = `E${++made}`): PublishedCommit {
  const event = { revision: id, path: id, id, subject: 'lock/one', runId: null, changes: [], ended: token };
  const place = {
    revision: id,
    operation: id,
    isEmpty: false,
    committed: made,
    states: new Map(),
    rewritten: [],
  };
  return { ...place, events: [event] };
}

function answered(event: string | null): Call {
  const answer = { broke: { audit: event === null ? null : { event } } };
  return { id: 'b', clone: 0, step: { kind: 'break', lock: 'one' }, began: 0, ended: 1, code: 0, answer };
}

function wrong(chain: readonly ChainStep[], commits: PublishedCommit[], calls: Call[] = []): string[] {
  return checkBreaks({ calls, commits, waiting: [], chains: new Map([['one', chain]]) } satisfies History);
}

it.each([
  ['an ended lease with its event', ENDED, () => [told(1)]],
  ['no lease that was ended', [step('acquire', 1), step('release', 1)], () => []],
  ['a chain that was trimmed since', [step('renew', 3), step('break', 3)], () => [told(1), told(3)]],
  ['a chain that was trimmed at the break itself', [step('break', 2)], () => [told(2)]],
])('%s is as it should be', (_what, chain, commits) => {
  expect(wrong(chain, commits())).toEqual([]);
});

it.each([
  ['a lease that was ended and no event', ENDED, () => [], /token 1 was ended, and 0 events say so/],
  ['an event too many', ENDED, () => [told(1), told(1)], /token 1 was ended, and 2 events say so/],
  ['an event and no end', ENDED, () => [told(1), told(2)], /token 2 was ended, and the lock does not/],
])('%s is seen', (_what, chain, commits, says) => {
  expect(wrong(chain, commits()).join('\n')).toMatch(says);
});

it('an answer is held against the branch', () => {
  expect(wrong(ENDED, [told(1, 'X')], [answered('X')])).toEqual([]);
  expect(wrong(ENDED, [told(1)], [answered('X')]).join()).toMatch(
    /event X of the lease that it ended is there 0 times/,
  );
  expect(wrong(ENDED, [told(1)], [answered(null)]).join()).toMatch(/ended a lease, and no event says so/);
});
