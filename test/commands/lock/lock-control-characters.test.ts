import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson, PROGRAM } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { expectFailure, sharedState } from '../../support/state-repository.js';

/** What a terminal would act on, line ends and tabs left out. */
const CONTROL =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;
const HOSTILE =
  'x\u001b[31mred\u001b]52;c;aGk=\u0007\u009b2J\u202eevil\u2066\u200f\r\nerror FORGED: a line of its own\n';
/** What kgit itself sends to a terminal: colours. */
const OWN = /\u001b\[(?:0|1|2|3[1-6])m/g;
const REF = 'refs/kgit/locks/network';

/** A lock whose last commit was made by somebody who means harm. */
async function hostileLock(isExpired: boolean): Promise<{ remote: string; path: string }> {
  const remote = sharedState();
  const path = cloneOf(remote);
  await kgitJson(cloneOf(remote), [
    'lock',
    'network',
    '--ttl',
    '1s',
    '--reason',
    'REASON',
    '--run-id',
    'RUN',
  ]);
  const text = git(remote, 'log', '-1', '--format=%B', REF);
  const record = JSON.parse(text.slice(text.indexOf('\n\n')));
  Object.assign(record, {
    reason: HOSTILE,
    holder: { name: HOSTILE, host: HOSTILE, runId: HOSTILE },
    ...(isExpired ? {} : { ttl: 3_600_000 }),
  });
  const message = `lock network\n\n${JSON.stringify(record)}\n`;
  git(remote, 'update-ref', REF, git(remote, 'commit-tree', '-m', message, 'main^{tree}'));
  return { remote, path };
}

/** The program in a pseudo terminal: what came to the screen of both its streams. */
function onTerminal(path: string, args: readonly string[]): string {
  const quoted = [process.execPath, PROGRAM, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return execFileSync('script', ['-qc', quoted.join(' '), '/dev/null'], {
    cwd: path,
    env: { ...process.env, TERM: 'xterm', COLUMNS: '200' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
  })
    .replaceAll('\r\n', '\n')
    .replaceAll(OWN, '');
}

function expectHarmless(text: string, what: string): void {
  expect(text, what).not.toMatch(CONTROL);
  expect(text, what).not.toMatch(/^error FORGED/m);
}

describe("control characters in a lock's commit", () => {
  it('reach no terminal, whatever tells of the lock', async () => {
    const { path } = await hostileLock(false);
    const lines = [
      ['locks'],
      ['locks', '-o', 'wide'],
      ['locks', '--json'],
      ['locks', '-o', 'yaml'],
      ['lock', 'network'],
      ['lock', 'network', '--json'],
      ['lock', 'network', '--wait', '1s'],
      ['unlock', 'network'],
      ['push-event', 'touched', '--cluster', 'prod', '--lock', 'network'],
      ['doctor', '-o', 'wide'],
    ];
    for (const line of lines) {
      const text = onTerminal(path, line);
      expect(text, line.join(' ')).not.toBe('');
      expectHarmless(text, line.join(' '));
    }
    // For a program nothing is lost.
    const { locks } = await kgitJson(path, ['locks']);
    expect(locks).toMatchObject([{ holder: HOSTILE, host: HOSTILE, runId: HOSTILE, reason: HOSTILE }]);
    const held = expectFailure(await kgit(path, ['lock', 'network', '--json']), 'LOCK_HELD', 11);
    expect(held.data).toMatchObject({ holder: HOSTILE });
  });

  it('reach none when its lease is ended, nor in the event that tells of it', async () => {
    const { path } = await hostileLock(false);
    expectHarmless(onTerminal(path, ['unlock', 'network', '--force', '--reason', 'test']), 'unlock --force');
    expectHarmless(onTerminal(path, ['log', 'lock/network', '-o', 'wide']), 'log');
    expectHarmless(onTerminal(path, ['log', 'lock/network', '--json']), 'log --json');
    expect((await kgitJson(path, ['log', 'lock/network'])).events).toHaveLength(1);
  });

  it('reach none when an expired lease is taken over', async () => {
    const { path } = await hostileLock(true);
    const text = onTerminal(path, ['lock', 'network', '--wait', '1m']);
    expectHarmless(text, 'lock --wait');
    expect(text).toMatch(/had expired and was ended/);
    expect(text).toContain('lock network is yours');
  });
});

it.each([
  ['--user', 'ada\u001b[31m'],
  ['--user', 'ada\nmallory'],
  ['--user', 'ada\u202e'],
  ['--run-id', '47\u001b[2J11'],
  ['--run-id', '47\u202e11'],
  ['--reason', 'a\u001b]52;c;aGk=\u0007b'],
  ['--reason', 'a\u009bb'],
  ['--reason', 'a\u202eb'],
])('no lock is taken with control characters in %s %j', async (flag, text) => {
  const remote = sharedState();
  const run = await kgit(cloneOf(remote), ['lock', 'network', flag, text]);
  expect(run.code).toBe(2);
  expect(run.stderr).not.toMatch(CONTROL);
  expect(git(remote, 'for-each-ref', REF)).toBe('');
});
