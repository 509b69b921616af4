import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fullDisk } from '../support/bad-input/machines.js';
import { callKgit } from '../support/campaign/call-kgit.js';
import { expectKept, type Fleet, makeFleet } from '../support/campaign/fleet.js';
import { gitDies } from '../support/campaign/git-shim.js';
import type { Call } from '../support/campaign/history.js';
import { git } from '../support/git-fixtures.js';
import { type KgitOptions, type KgitRun, kgit, kgitJson } from '../support/kgit.js';
import { type GitHttpsServer, startGitHttpsServer } from '../support/transport/git-https-server.js';

/** What a fault does to one write: how it ends, and what is said. */
interface End {
  /** `published`, `queued`, or the code of the error. */
  readonly end: string;
  readonly says?: RegExp;
  readonly attempts?: number;
}

const first = ({ clones }: Fleet) => clones[0] as string;

/** A hook of the server's; it runs within git-receive-pack, whose process is its parent. */
function hook({ remote }: Fleet, name: string, ...lines: string[]): () => void {
  const path = join(remote, 'hooks', name);
  writeFileSync(path, `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
  return () => renameSync(path, `${path}.off`);
}

function lockFile(folder: string, name: string): () => void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return () => rmSync(path);
}

/** One write under a fault, the same write without it in the other clone, the fault lifted, and all that must hold. */
async function weather(
  fleet: Fleet,
  make: () => { lift?: () => void; options?: KgitOptions; timeout?: string },
  { end, says, attempts }: End,
): Promise<void> {
  const calls: Call[] = [];
  const { lift, options = {}, timeout = '20s' } = make();
  let told: KgitRun | null = null;
  const run = async (clone: string, args: readonly string[]) => {
    told = await kgit(clone, args, options);
    return told;
  };
  const call = await callKgit(fleet, 0, 'under', { kind: 'event' }, { run, more: ['--timeout', timeout] });
  calls.push(call);
  lift?.();
  const text = `${(told as KgitRun | null)?.stdout}${(told as KgitRun | null)?.stderr}`;
  expect(call.answer?.delivery ?? call.answer?.error?.code, text).toBe(end);
  if (says) expect(text).toMatch(says);
  if (attempts !== undefined) expect(call.answer).toMatchObject({ attempts });
  calls.push(await callKgit(fleet, 1, 'other', { kind: 'event' }));
  // What was refused and not kept has to be written again: it must be possible.
  const after = await callKgit(fleet, 0, 'after', { kind: 'set', path: 'a', value: 'b' });
  expect(after.answer).toMatchObject({ delivery: 'published' });
  calls.push(after);
  await expectKept(fleet, calls, text);
}

// Most of a test is a wait for a time limit, so they run side by side.
describe.concurrent('a server that fails in the middle of a push', () => {
  it.each<[string, string, string[], string, End]>([
    [
      'is killed before the branch moves, once',
      'pre-receive',
      ['[ -e killed ] && exit 0', 'touch killed', 'kill -9 $PPID'],
      '60s',
      { end: 'published', attempts: 2 },
    ],
    [
      'is killed before the branch moves, each time',
      'pre-receive',
      ['kill -9 $PPID'],
      '10s',
      { end: 'queued', says: /not published yet/ },
    ],
    ['is killed after the branch moved', 'post-receive', ['kill -9 $PPID'], '60s', { end: 'published' }],
    ['is slow', 'pre-receive', ['sleep 2'], '60s', { end: 'published', attempts: 1 }],
    [
      'hangs, and moves the branch when nobody waits any more',
      'pre-receive',
      ['sleep 6'],
      '2s',
      { end: 'queued', says: /in time/ },
    ],
  ])('%s', async (_what, name, lines, timeout, end) => {
    const fleet = await makeFleet(2);
    await weather(fleet, () => ({ lift: hook(fleet, name, ...lines), timeout }), end);
  });

  it('has no room left', async () => {
    const fleet = await makeFleet(2);
    const full = () => {
      const { end } = fullDisk(fleet.remote, 'objects');
      return {
        lift: () => {
          end?.();
          execFileSync('rm', ['-rf', join(fleet.remote, 'objects')]);
          renameSync(join(fleet.remote, 'objects.aside'), join(fleet.remote, 'objects'));
        },
      };
    };
    await weather(fleet, full, { end: 'queued', says: /No space left on device/ });
  });
});

// Not beside others. Where the time ends within an attempt, as on a busy machine, that is what is said.
describe('an answer to the push itself of', () => {
  it.for<[401 | 403 | 500 | 502, End]>([
    [401, { end: 'REMOTE', says: /KGIT_TOKEN/ }],
    [403, { end: 'REMOTE', says: /write access/ }],
    [500, { end: 'queued', says: /500|did not answer in time/ }],
    [502, { end: 'queued', says: /502|did not answer in time/ }],
  ])('%s', async ([status, end], { onTestFinished }) => {
    let server: GitHttpsServer | null = null;
    const fleet = await makeFleet(2, async (remote) => {
      server = await startGitHttpsServer(remote);
      return server.url;
    });
    const { authority, fail, stop } = server as unknown as GitHttpsServer;
    onTestFinished(stop);
    const env = { GIT_SSL_CAINFO: authority, KGIT_TOKEN: 'right-token' };
    const run: Fleet['run'] = (clone, args, options) =>
      kgit(clone, args, { ...options, env: { ...env, ...options?.env } });
    const fault = () => {
      fail(status, '/git-receive-pack');
      return { options: { env }, lift: () => fail(null), timeout: '10s' };
    };
    await weather({ ...fleet, run }, fault, end);
  });
});

describe.concurrent('a lock file that a git which died left', () => {
  it.each<[string, End]>([
    ['refs/kgit/remote/main.lock', { end: 'published', says: /another git is at work here.*main\.lock/s }],
    ['refs/heads/main.lock', { end: 'published', says: /another git is at work here.*main\.lock/s }],
    ['HEAD.lock', { end: 'published', says: /another git is at work here.*HEAD\.lock/s }],
    ['index.lock', { end: 'published', says: /another git is at work here.*index\.lock/s }],
    ['packed-refs.lock', { end: 'published' }],
  ])('in the clone: %s', async (name, end) => {
    const fleet = await makeFleet(2);
    await weather(fleet, () => ({ lift: lockFile(join(first(fleet), '.git'), name) }), end);
  });

  it('in the clone, met by a fetch: 18, not kept, with the file to remove', async () => {
    const fleet = await makeFleet(2);
    await kgitJson(fleet.clones[1] as string, ['push-event', 'x', '--cluster', 'c']);
    const lift = lockFile(join(first(fleet), '.git'), 'refs/kgit/remote/main.lock');
    const run = await kgit(first(fleet), ['sync', '--json']);
    expect(run.json.error, run.stdout).toMatchObject({ code: 'ENVIRONMENT' });
    expect(run.json.error.suggestions.join()).toMatch(/remove .*refs\/kgit\/remote\/main\.lock/);
    lift();
    expect(await kgitJson(first(fleet), ['sync'])).toMatchObject({ pending: 0, behind: 0 });
  });

  it.each(['refs/heads/main.lock', 'HEAD.lock', 'index.lock'])(
    'in a repository without a remote: %s: 18, not kept, nothing half done',
    async (name) => {
      const path = (await makeFleet(1)).clones[0] as string;
      git(path, 'remote', 'remove', 'origin');
      const tip = git(path, 'rev-parse', 'HEAD');
      const lift = lockFile(join(path, '.git'), name);
      const run = await kgit(path, ['push-event', 'x', '--cluster', 'c', '--json']);
      expect(run.json.error, run.stdout).toMatchObject({ code: 'ENVIRONMENT', exitCode: 18 });
      expect(run.json.error.suggestions.join()).toContain(`remove ${join(path, '.git', name)}`);
      lift();
      expect(git(path, 'rev-parse', 'HEAD')).toBe(tip);
      expect(git(path, 'status', '--porcelain')).toBe('');
      const { revision } = await kgitJson(path, ['push-event', 'x', '--cluster', 'c']);
      expect(git(path, 'rev-list', '--count', `${tip}..${revision}`)).toBe('1');
    },
  );

  it.each<[string, End]>([
    ['refs/heads/main.lock', { end: 'queued', says: /the remote is locked \(main\.lock\)/ }],
    ['packed-refs.lock', { end: 'published' }],
  ])('on the server: %s', async (name, end) => {
    const fleet = await makeFleet(2);
    await weather(fleet, () => ({ lift: lockFile(fleet.remote, name), timeout: '10s' }), end);
  });
});

describe.concurrent('a git that is killed, as when memory is short', () => {
  it.each<[string, End]>([
    ['fast-import', { end: 'ENVIRONMENT' }],
    ['push', { end: 'queued' }],
    // The first is started beside the push; afterwards another one takes its place.
    ['update-ref', { end: 'published' }],
    // git finds another way there.
    ['restore', { end: 'published' }],
    ['restore read-tree', { end: 'published' }],
  ])('%s', async (commands, end) => {
    const fleet = await makeFleet(2);
    // In a shared repository git makes all commits itself.
    git(first(fleet), 'config', 'core.sharedRepository', 'group');
    await weather(fleet, () => ({ options: gitDies(commands.split(' ')) }), end);
  });
});

describe.concurrent('a clock that is an hour off', () => {
  it.each(['-1h', '+1h'])(
    '%s: writes of both clocks are kept, in the order of publishing',
    async (offset) => {
      const fleet = await makeFleet(2);
      const wrong = { under: ['faketime', '-f', offset], env: { FAKETIME_DONT_FAKE_MONOTONIC: '1' } };
      const run: Fleet['run'] = (clone, args, options) =>
        kgit(clone, args, { ...(clone === first(fleet) ? wrong : {}), ...options });
      const calls: Call[] = [];
      for (let i = 0; i < 3; i++) {
        const expected = i === 0 ? null : `v${i - 1}-1`;
        calls.push(
          await callKgit(
            fleet,
            0,
            `w${i}-0`,
            { kind: 'set', path: 'p', value: `v${i}-0`, expected },
            { run },
          ),
          await callKgit(fleet, 1, `w${i}-1`, {
            kind: 'set',
            path: 'p',
            value: `v${i}-1`,
            expected: `v${i}-0`,
          }),
        );
      }
      expect(calls.map(({ answer }) => answer?.delivery)).toEqual(Array(6).fill('published'));
      // The clock is set right: what was fetched 'in an hour' is not taken for fresh.
      const { events } = await kgitJson(first(fleet), ['log', 'deployment/fleet']);
      expect(events).toHaveLength(7);
      await expectKept(fleet, calls, offset);
    },
  );
});

describe.concurrent('an object that is damaged', () => {
  it('is told with a way out, nothing is kept or lost, and writing works again when it is whole', async () => {
    const fleet = await makeFleet(2);
    const clone = first(fleet);
    // What people commit lies in loose objects; kgit's own commits in packs.
    writeFileSync(join(clone, 'notes.txt'), 'mine\n');
    git(clone, 'add', 'notes.txt');
    git(clone, 'commit', '--quiet', '-m', 'notes');
    git(clone, 'push', '--quiet', 'origin', 'main');
    const tree = git(clone, 'rev-parse', 'HEAD^{tree}');
    const file = join(clone, '.git/objects', tree.slice(0, 2), tree.slice(2));
    expect(existsSync(file)).toBe(true);
    const whole = readFileSync(file);
    chmodSync(file, 0o644);
    writeFileSync(file, Buffer.alloc(whole.length, 7));
    const run = await kgit(clone, ['push-event', 'x', '--cluster', 'c', '--json']);
    expect(run.json.error, run.stdout).toMatchObject({ code: 'ENVIRONMENT' });
    expect(run.json.error.suggestions.join()).toMatch(/git fsck/);
    writeFileSync(file, whole);
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
    const call = await callKgit(fleet, 0, 'after', { kind: 'event' });
    await expectKept(fleet, [call], 'after the repair');
  });
});
