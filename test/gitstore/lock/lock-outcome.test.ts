import { describe, expect, it } from 'vitest';
import type { RefMove } from '../../../src/gitstore/lock/lock-commits.js';
import { lockPushOutcome } from '../../../src/gitstore/lock/lock-outcome.js';
import { acquired } from '../../../src/model/lease/lease.js';

const LOCK = 'refs/kgit/locks/network';
const MAIN = 'refs/heads/main';
const HERE = 'a'.repeat(40);
const holder = { name: 'ada', host: 'here' };
const record = acquired(
  null,
  { name: 'network', lease: '01JZXK5B7Q3M8N2V4C6D9F0G1H', holder, ttl: 60_000, reason: undefined },
  0,
);
const move = (more: Partial<RefMove> = {}): RefMove => ({
  ...{ name: 'network', ref: LOCK, from: HERE, to: 'b'.repeat(40), isForced: false },
  tip: { version: `${LOCK}@${'b'.repeat(40)}`, record },
  ...more,
});

/** What `git push --porcelain --atomic` prints of branch and lock. */
const printed = (...lines: (readonly [flag: string, ref: string, summary: string])[]) =>
  [
    'To /srv/state.git',
    ...lines.map(([flag, ref, summary]) => `${flag}\t${HERE}:${ref}\t${summary}`),
    'Done\n',
  ].join('\n');
const outcome = (code: number, stdout: string, stderr = '', moves = [move()]) => {
  const failure = lockPushOutcome(
    { code, stdout: Buffer.from(stdout), stderr },
    moves,
    'remote origin (x)',
    'main',
  );
  if (failure === null) return 'moved here';
  return failure.kind === 'fenced' ? `fenced ${failure.names.join()}` : failure.kind;
};
const DECLINED = '[remote rejected] (atomic transaction failed)';

/** What git and servers answer, recorded; the last column is what it means. */
const ROWS: readonly [string, string, number, string, string][] = [
  ['both moved', 'moved here', 0, printed([' ', LOCK, 'a..b'], [' ', MAIN, 'a..b']), ''],
  [
    'the lock was known to have moved: git does not even ask',
    'fenced network',
    1,
    printed(['!', MAIN, '[rejected] (atomic push failed)'], ['!', LOCK, '[rejected] (stale info)']),
    'error: atomic push failed for ref refs/heads/main. status: 5\n',
  ],
  [
    'the branch has moved, and the lock only went with it',
    'moved',
    1,
    printed(['!', MAIN, '[rejected] (fetch first)'], ['!', LOCK, '[rejected] (atomic push failed)']),
    '',
  ],
  [
    'the lock moved inside receive-pack',
    'fenced network',
    1,
    printed(['!', LOCK, DECLINED], ['!', MAIN, DECLINED]),
    `remote: error: cannot lock ref '${LOCK}': is at ${'c'.repeat(40)} but expected ${HERE}        \n`,
  ],
  [
    'another made the lock inside receive-pack',
    'fenced network',
    1,
    printed(['!', LOCK, DECLINED], ['!', MAIN, DECLINED]),
    `remote: error: cannot lock ref '${LOCK}': reference already exists        \n`,
  ],
  [
    'the branch moved inside receive-pack',
    'moved',
    1,
    printed(['!', LOCK, DECLINED], ['!', MAIN, DECLINED]),
    `remote: error: cannot lock ref '${MAIN}': is at ${'c'.repeat(40)} but expected ${HERE}        \n`,
  ],
  [
    'a lock file of a dead server process stands in the way of the branch',
    'busy',
    1,
    printed(['!', LOCK, DECLINED], ['!', MAIN, DECLINED]),
    `remote: error: cannot lock ref '${MAIN}': Unable to create '/srv/state.git/${MAIN}.lock': File exists.        \n`,
  ],
  [
    'a hook declines the branch',
    'refused',
    1,
    printed(
      ['!', LOCK, '[remote rejected] (atomic push failure)'],
      ['!', MAIN, '[remote rejected] (hook declined)'],
    ),
    '',
  ],
  [
    'a hook declines the lock',
    'refused',
    1,
    printed(
      ['!', LOCK, '[remote rejected] (hook declined)'],
      ['!', MAIN, '[remote rejected] (atomic push failure)'],
    ),
    '',
  ],
  [
    'the server hides the lock',
    'refused',
    1,
    printed(
      ['!', LOCK, '[remote rejected] (deny updating a hidden ref)'],
      ['!', MAIN, '[remote rejected] (atomic push failure)'],
    ),
    '',
  ],
  [
    'the line broke after the objects were sent',
    'unknown',
    128,
    '',
    'fatal: the remote end hung up unexpectedly\n',
  ],
  [
    'a server without atomic pushes',
    'refused',
    128,
    '',
    'fatal: the receiving end does not support --atomic push\n',
  ],
];

describe('an atomic push of branch and lock', () => {
  it.each(ROWS)('%s: %s', (_what, expected, code, stdout, stderr) => {
    expect(outcome(code, stdout, stderr)).toBe(expected);
  });

  it('that creates a lock needs the flag of a new ref: another was faster, or pushed the very same commit (trap A)', () => {
    const moves = [move({ from: null })];
    expect(outcome(0, printed(['*', LOCK, '[new reference]']), '', moves)).toBe('moved here');
    expect(outcome(0, printed(['=', LOCK, '[up to date]']), '', moves)).toBe('fenced network');
    expect(outcome(1, printed(['!', LOCK, '[rejected] (stale info)']), '', moves)).toBe('fenced network');
    const exists = `remote: error: cannot lock ref '${LOCK}': reference already exists        \n`;
    expect(outcome(1, printed(['!', LOCK, DECLINED]), exists, moves)).toBe('fenced network');
  });

  it('that begins a new chain needs the flag of a forced ref, any other the plain one', () => {
    const forced = [move({ isForced: true })];
    expect(outcome(0, printed(['+', LOCK, 'a...b (forced update)']), '', forced)).toBe('moved here');
    expect(outcome(0, printed(['+', LOCK, 'a...b (forced update)']))).toBe('fenced network');
    expect(outcome(0, printed(['=', LOCK, '[up to date]'], [' ', MAIN, 'a..b']))).toBe('fenced network');
  });
});

it('a refusal names the ref that was refused, and not one that only went with it', () => {
  const declined = ['!', 'refs/heads/main', '[remote rejected] (hook declined)'] as const;
  const stdout = Buffer.from(printed(['!', LOCK, '[remote rejected] (atomic push failure)'], declined));
  const failure = lockPushOutcome(
    { code: 1, stdout, stderr: 'remote: closed\n' },
    [move()],
    'origin',
    'main',
  );
  if (failure?.kind !== 'refused') throw new Error(failure?.kind);
  expect(failure.error.data).toEqual({ reason: 'hook declined', branch: 'main' });
  expect(failure.error.message).toBe('origin refuses the push to main: hook declined (closed)');
});
