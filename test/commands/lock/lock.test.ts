import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, fsck, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson, startKgit } from '../../support/kgit.js';
import { until } from '../../support/patience.js';
import {
  commits,
  expectFailure,
  expectResult,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const REF = 'refs/kgit/locks/network';
const PUSH = ['push-event', 'touched', '--cluster', 'prod'];
const json = (path: string, ...args: string[]) => kgit(path, [...args, '--json']);

function clones(): { remote: string; one: string; two: string } {
  const remote = sharedState();
  return { remote, one: cloneOf(remote), two: cloneOf(remote) };
}

/** An executable hook of a bare repository. */
function hook(remote: string, name: string, script: string): void {
  writeFileSync(join(remote, 'hooks', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(remote, 'hooks', name), 0o755);
}

describe('kgit lock', () => {
  it('takes a lock that others get LOCK_HELD for, with who has it and what to do', async () => {
    const { remote, one, two } = clones();
    const lock = await kgitJson(one, ['lock', 'network', '--reason', 'peering', '--run-id', '4711']);
    expectResult(lock, 'Lock');
    expect(lock).toMatchObject({
      name: 'network',
      token: 1,
      runId: '4711',
      ttlSeconds: 300,
      reason: 'peering',
      broke: null,
    });
    expect(Date.parse(lock.expiresAt) - Date.parse(lock.acquiredAt)).toBe(300_000);
    const held = expectFailure(await json(two, 'lock', 'network'), 'LOCK_HELD', 11);
    expect(held.data).toMatchObject({
      token: 1,
      holder: lock.holder,
      since: lock.acquiredAt,
      expiresAt: lock.expiresAt,
    });
    expect(held.message).toContain(
      `held by ${lock.holder} on ${lock.host} since ${lock.acquiredAt}, expires`,
    );
    expect(held.suggestions.join()).toMatch(/kgit lock network --wait .*unlock network --force --reason/);
    const { locks } = await kgitJson(two, ['locks']);
    expect(locks).toMatchObject([
      { name: 'network', token: 1, expired: false, here: false, reason: 'peering' },
    ]);
    const unlocked = await kgitJson(one, ['unlock', 'network']);
    expect(unlocked).toMatchObject({ name: 'network', token: 1, released: true });
    expect((await kgitJson(two, ['locks'])).locks).toEqual([]);
    expect(await kgitJson(two, ['lock', 'network'])).toMatchObject({ token: 2 });
    expect(git(remote, 'rev-list', '--count', REF)).toBe('3');
    // Locks leave no commit on the branch.
    expect(commits(remote, 'main')).toBe(1);
    for (const repository of [remote, one, two]) fsck(repository);
  });

  it('is shown well to people', async () => {
    const { one, two } = clones();
    const lock = await kgit(one, ['lock', 'network', '--ttl', '10m', '--utc', '--user', 'ada\u001b[31m']);
    expect(lock.code).toBe(2);
    const good = await kgit(one, ['lock', 'network', '--ttl', '10m', '--utc', '--user', 'ada']);
    expect(good.stdout).toMatch(
      /^✓ lock network is yours token 1, expires \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ \(in 9m\)\n$/,
    );
    expect((await kgit(one, ['locks'])).stdout).toMatch(
      /^LOCK {6}TOKEN {3}HOLDER +SINCE +EXPIRES +REASON\nnetwork {3}1 {7}ada@\S+ \(here\) {3}\d+s ago +in 9m\n$/,
    );
    expect((await kgit(two, ['locks', '-o', 'name'])).stdout).toBe('network\n');
    expect((await kgit(one, ['unlock', 'network'])).stdout).toBe('✓ lock network released\n');
    expect((await kgit(two, ['locks'])).stdout).toBe('nobody holds a lock\n');
  });

  it.each([
    [['lock'], 'NAME is missing'],
    [['lock', 'Bad Name'], 'cannot name a lock'],
    [['lock', '../x'], 'cannot name a lock'],
    [['lock', 'a', 'b'], "comes after '--'"],
    [['lock', 'a', '--'], "no command after '--'"],
    [['lock', 'a', '--ttl', '0'], '--ttl must be between 1s and 24h'],
    [['lock', 'a', '--ttl', '25h'], '--ttl must be between 1s and 24h'],
    [['lock', 'a', '--wait', 'soon'], 'not a duration'],
    [['lock', 'a', '--queue'], 'queue'],
    [['unlock'], 'NAME is missing'],
    [[...PUSH, '--lock', 'A'], 'cannot name a lock'],
  ])('%j is a usage error', async (args, message) => {
    const run = await kgit(stateRepository(), [args[0] as string, '--json', ...args.slice(1)]);
    expect(expectFailure(run, 'USAGE', 2).message).toContain(message);
  });

  it('waits with --wait until the lock is released', async () => {
    const { one, two } = clones();
    await kgitJson(one, ['lock', 'network']);
    const child = startKgit(two, ['lock', 'network', '--wait', '3m', '--json']);
    const ended = new Promise((resolve) => child.on('close', resolve));
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (bytes) => (stdout += bytes));
    child.stderr.on('data', (bytes) => (stderr += bytes));
    await until(() => stderr.includes('\n'));
    await kgitJson(one, ['unlock', 'network']);
    expect(await ended).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ token: 2, broke: null });
    expect(stderr).toMatch(/^waiting for lock network: \S+ holds it, for \d+m? ?.*more unless renewed\n$/);
  });

  it('gives one of many the lock, each time with another token', async () => {
    const { remote, one, two } = clones();
    const runs = await Promise.all(
      [one, two, one, two, one, two].map((path) =>
        kgit(path, ['lock', 'network', '--wait', '5m', '--json', '--', 'sh', '-c', 'sleep 0.1']),
      ),
    );
    expect(runs.map(({ code }) => code)).toEqual(Array(6).fill(0));
    expect(runs.map(({ json: { token } }) => token as number).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    for (const repository of [remote, one, two]) fsck(repository);
  });
});

describe('a write under a lock', () => {
  it('renews the lease in its push, and a holder whose lock was taken is fenced by the server', async () => {
    const { remote, one, two } = clones();
    await kgitJson(one, ['lock', 'network']);
    const first = git(remote, 'rev-parse', REF);
    for (const write of [
      [...PUSH],
      ['set', 'deployment.count=4'],
      ['unset', 'deployment.count'],
      ['phase', 'start', 'create_vms'],
    ])
      expect(await kgitJson(one, [...write, '--lock', 'network'])).toMatchObject({ delivery: 'published' });
    expect(git(remote, 'rev-list', '--count', `${first}..${REF}`)).toBe('4');
    expect(git(remote, 'log', '-1', '--format=%s', REF)).toContain('renewed by');
    const broken = await kgitJson(two, ['unlock', 'network', '--force', '--reason', 'build-7 is gone']);
    await kgitJson(two, ['lock', 'network']);
    const tip = git(remote, 'rev-parse', 'main');
    // The clone of the stale holder knows nothing of it: only the remote can tell.
    const fenced = expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'FENCED', 13);
    expect(fenced.data).toMatchObject({ name: 'network', token: 1, current: { token: 2 } });
    expect(git(remote, 'rev-parse', 'main')).toBe(tip);
    expect((await kgitJson(one, ['outbox'])).operations).toEqual([]);
    // What is lost is forgotten: now the lock is simply somebody else's.
    expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'LOCK_HELD', 11);
    const { events } = await kgitJson(two, ['log', 'lock/network', '--fetch']);
    expect(events).toMatchObject([
      {
        id: broken.broke.audit.event,
        action: 'lock_broken',
        reason: 'build-7 is gone',
        subject: 'lock/network',
      },
    ]);
    expect(events[0].parameters).toMatchObject({ token: 1, holder: broken.broke.name });
    expect(git(remote, 'log', '--format=%s', REF)).toContain('lock network: broken by');
    for (const repository of [remote, one, two]) fsck(repository);
  });

  it('needs the lock: nobody has it 12, somebody else has it 11, and nothing is kept', async () => {
    const { one, two } = clones();
    expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'CONFLICT', 12);
    await kgitJson(two, ['lock', 'network']);
    expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'LOCK_HELD', 11);
    expect((await kgitJson(one, ['outbox'])).operations).toEqual([]);
  });

  it('that cannot be published is withdrawn, unless --queue; then it is checked when it is published', async () => {
    const { remote, one, two } = clones();
    await kgitJson(one, ['lock', 'network']);
    git(one, 'remote', 'set-url', '--push', 'origin', 'http://127.0.0.1:1/x.git');
    const failed = expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'REMOTE', 16);
    expect(failed.data).toMatchObject({ kept: false });
    expect((await kgitJson(one, ['outbox'])).operations).toEqual([]);
    git(one, 'remote', 'set-url', '--push', 'origin', remote);
    await kgitJson(one, [...PUSH, '--lock', 'network', '--queue']);
    await kgitJson(two, ['unlock', 'network', '--force']);
    await kgitJson(one, ['push-event', 'other', '--cluster', 'prod', '--queue']);
    const { published, rejected } = await kgitJson(one, ['sync']);
    expect(rejected).toMatchObject([{ code: 'FENCED' }]);
    expect(published).toHaveLength(1);
    const { events } = await kgitJson(one, ['log', 'prod']);
    expect(events.map(({ action }: { action: string }) => action)).toEqual(['other']);
  });

  it('works the same in a purely local repository', async () => {
    const path = stateRepository();
    const first = await kgitJson(path, ['lock', 'network', '--ttl', '1m']);
    await kgitJson(path, [...PUSH, '--lock', 'network']);
    expect(git(path, 'rev-list', '--count', REF)).toBe('2');
    expectFailure(await json(path, 'lock', 'network'), 'LOCK_HELD', 11);
    await kgitJson(path, ['unlock', 'network']);
    expectFailure(await json(path, 'unlock', 'network'), 'NOT_FOUND', 15);
    expect((await kgitJson(path, ['lock', 'network'])).token).toBe(first.token + 1);
    fsck(path);
  });
});

describe('a lease that is ended where the branch takes no commits', () => {
  it('is told of by the lock alone, unless --require-publish asks for the event', async () => {
    const { remote, one, two } = clones();
    await kgitJson(one, ['lock', 'network']);
    hook(remote, 'update', '[ "$1" != refs/heads/main ] || { echo protected; exit 1; }');
    const force = ['unlock', 'network', '--force', '--reason', 'build-7 is gone', '--json'];
    const failed = expectFailure(await kgit(two, [...force, '--require-publish']), 'REFUSED', 20);
    expect(failed.message).toContain('the lease was not ended, for its event was not taken: ');
    expect(failed.suggestions.join()).toContain('Leave out --require-publish');
    expect((await kgitJson(two, ['locks', '--fetch'])).locks).toMatchObject([{ name: 'network', token: 1 }]);
    // Also where CI is set: jobs are not to be kept waiting by a lease of who is gone.
    const ended = await kgit(two, force, { env: { CI: 'true' } });
    expect(ended.json).toMatchObject({ released: true, broke: { token: 1, audit: null } });
    expect((await kgitJson(two, ['locks', '--fetch'])).locks).toEqual([]);
    for (const repository of [remote, one, two]) fsck(repository);
  });
});

describe('locks of a remote that is away', () => {
  it('are told as they were last seen, and that they are', async () => {
    const { remote, one, two } = clones();
    await kgitJson(one, ['lock', 'network']);
    expect(await kgitJson(two, ['locks'])).toMatchObject({ locks: [{ name: 'network' }], stale: false });
    renameSync(remote, `${remote}.away`);
    const seen = await kgit(two, ['locks', '--json']);
    expect(seen.json).toMatchObject({ locks: [{ name: 'network' }], stale: true });
    expect(seen.stderr).toMatch(/^answered from what was last seen here: /);
    expect(await kgitJson(two, ['locks', '--no-fetch'])).toMatchObject({ stale: true });
    // Nothing of a lock waits to be published, so nobody is told to do that.
    const lines = [
      ['lock', 'b'],
      ['unlock', 'network'],
      ['unlock', 'network', '--force'],
      ['locks', '--fetch'],
    ];
    for (const line of lines) {
      const failed = expectFailure(await json(two, ...line), 'REMOTE', 16);
      expect(failed.suggestions.join()).not.toMatch(/sync|outbox/);
      expect(failed.suggestions.join()).toContain('Try again once that is mended');
    }
    renameSync(`${remote}.away`, remote);
    await kgitJson(one, ['unlock', 'network']);
    expect(await kgitJson(two, ['locks'])).toMatchObject({ locks: [], stale: false });
    expect((await kgit(two, ['locks', '--no-fetch'])).stdout).toBe(
      'nobody held a lock when last seen here\n',
    );
  });
});

describe('servers that have no atomic push', () => {
  it('refuse locks and writes under them, and doctor says so', async () => {
    const { remote, one } = clones();
    await kgitJson(one, ['lock', 'network']);
    git(remote, 'config', 'receive.advertiseAtomic', 'false');
    const failed = expectFailure(await json(one, ...PUSH, '--lock', 'network'), 'REFUSED', 20);
    expect(failed.message).toContain('no atomic push');
    expect((await kgitJson(one, ['outbox'])).operations).toEqual([]);
    expectFailure(await json(one, 'lock', 'storage'), 'REFUSED', 20);
    expect(await kgitJson(one, PUSH)).toMatchObject({ delivery: 'published' });
    const { checks } = (await json(one, 'doctor')).json;
    const check = checks.find(({ name }: { name: string }) => name === 'locks');
    expect(check).toMatchObject({
      ok: true,
      detail: expect.stringContaining('so kgit lock and --lock are refused'),
    });
  });
});
