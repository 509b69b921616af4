import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publicProgram } from '../../support/bad-input/public-program.js';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { sharedState } from '../../support/state-repository.js';

const [ADA, BO, GROUP] = [20_001, 20_002, 20_100];
const PUSH = ['push-event', 'touched', '--deployment', 'dep-a', '--json'];

/** A user of the group, with a home of their own. */
function homeOf(uid: number): string {
  const home = temporaryFolder();
  chownSync(home, uid, GROUP);
  writeFileSync(
    join(home, '.gitconfig'),
    '[safe]\n\tdirectory = *\n[user]\n\tname = u\n\temail = u@example.com\n',
  );
  return home;
}

interface User {
  readonly uid: number;
  readonly home: string;
}
const user = (uid: number): User => ({ uid, home: homeOf(uid) });

/** Options that run kgit as a user of the group; these tests need root, and fail without. */
function as({ uid, home }: User) {
  return {
    under: ['setpriv', `--reuid=${uid}`, `--regid=${GROUP}`, '--clear-groups'],
    env: { HOME: home, XDG_CACHE_HOME: join(home, 'c'), GIT_CONFIG_GLOBAL: join(home, '.gitconfig') },
  };
}

/** Runs the program, where other users may read it, as a user. The files of a checkout have the rights that the umask leaves. */
function run(path: string, who: User, args: readonly string[], umask = '002') {
  const { under, env } = as(who);
  const [command = '', ...before] = [
    'sh',
    '-c',
    `umask ${umask}; exec "$@"`,
    'sh',
    ...under,
    process.execPath,
  ];
  const child = spawn(command, [...before, publicProgram(), ...args], {
    cwd: path,
    env: { ...process.env, ...env },
    timeout: PATIENCE_MS,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  child.stdin.end();
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
}

/** A clone that a group shares as git does, and a remote that both may push to. */
function sharedClone(value: string): { remote: string; path: string } {
  const remote = sharedState();
  const path = join(temporaryFolder(), 'clone');
  git(remote, 'config', 'core.sharedRepository', value);
  git('/', 'clone', '--quiet', '--no-local', '-c', `core.sharedRepository=${value}`, remote, path);
  for (const folder of [remote, path]) {
    execFileSync('chgrp', ['-R', String(GROUP), folder]);
    execFileSync('chmod', ['-R', 'g+rwX', folder]);
    execFileSync('find', [folder, '-type', 'd', '-exec', 'chmod', 'g+s', '{}', '+']);
    // The folders above are this user's alone.
    chmodSync(join(folder, '..'), 0o755);
  }
  return { remote, path };
}

/** The rights of all that kgit keeps in a clone, but for temporary files of others. */
function rightsIn(path: string): Set<string> {
  const folder = join(path, '.git/kgit');
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return new Set(
    [folder, ...all].map((each) => {
      const stats = statSync(each);
      return `${stats.isDirectory() ? 'folder' : 'file'} ${(stats.mode & 0o777).toString(8)}`;
    }),
  );
}

describe('a clone that a group shares (core.sharedRepository)', () => {
  it.each([
    ['group', 'folder 770', 'file 660'],
    ['all', 'folder 775', 'file 664'],
    ['0640', 'folder 750', 'file 640'],
  ])('%s: what kgit keeps has its rights, whatever the umask', async (value, folder, file) => {
    const { path } = sharedClone(value);
    const ada = user(ADA);
    for (const args of [[...PUSH], [...PUSH, '--queue'], ['lock', 'network', '--json'], ['locks']])
      expect(await run(path, ada, args, '077')).toMatchObject({ code: 0 });
    expect(rightsIn(path)).toEqual(new Set([folder, file]));
  });

  it('two users write, publish what the other queued, and release what the other took', async () => {
    const { remote, path } = sharedClone('group');
    const [ada, bo] = [user(ADA), user(BO)];
    expect(await run(path, ada, [...PUSH, '--queue'])).toMatchObject({ code: 0 });
    const both = await Promise.all([run(path, bo, PUSH), run(path, ada, PUSH), run(path, bo, PUSH)]);
    for (const { code, stdout, stderr } of both) expect([code, stderr], stdout).toEqual([0, '']);
    expect(git(remote, 'rev-list', '--count', 'main')).toBe('5');
    expect(await run(path, ada, ['lock', 'network'])).toMatchObject({ code: 0 });
    expect(await run(path, bo, [...PUSH, '--lock', 'network'])).toMatchObject({ code: 0 });
    expect(await run(path, bo, ['unlock', 'network'])).toMatchObject({ code: 0 });
    expect(await run(path, bo, ['lock', 'network'])).toMatchObject({ code: 0 });
  });

  it('one takes over the publish lock that the other died with', async () => {
    const { path } = sharedClone('group');
    const [ada, bo] = [user(ADA), user(BO)];
    expect(await run(path, ada, [...PUSH, '--queue'])).toMatchObject({ code: 0 });
    const lock = join(path, '.git/kgit/publish.lock');
    const dead = { hostname: '', bootId: null, pid: 0, processStart: null, nonce: 'x' };
    writeFileSync(lock, JSON.stringify(dead), { mode: 0o660 });
    chownSync(lock, ADA, GROUP);
    const { code, stdout } = await run(path, bo, ['sync', '--json']);
    expect([code, JSON.parse(stdout).pending]).toEqual([0, 0]);
  });

  it('one that was private before is opened to the group by whose it is', async () => {
    const { path } = sharedClone('group');
    const [ada, bo] = [user(ADA), user(BO)];
    git(path, 'config', '--unset', 'core.sharedRepository');
    expect(await run(path, ada, [...PUSH, '--queue'])).toMatchObject({ code: 0 });
    expect(rightsIn(path)).toEqual(new Set(['folder 700', 'file 600']));
    git(path, 'config', 'core.sharedRepository', 'group');
    const { code, stdout } = await run(path, bo, PUSH);
    expect([code, stdout]).toEqual([18, expect.stringContaining('.git/kgit')]);
    expect(await run(path, ada, ['outbox'])).toMatchObject({ code: 0 });
    expect(rightsIn(path)).toEqual(new Set(['folder 770', 'file 660']));
    expect(await run(path, bo, ['sync'])).toMatchObject({ code: 0 });
  });
});

it('a clone that is not shared keeps to itself, also in a folder of a group and under a lenient umask', async () => {
  const path = join(temporaryFolder(), 'clone');
  mkdirSync(path);
  execFileSync('chgrp', [String(GROUP), path]);
  chmodSync(path, 0o2775);
  const before = process.umask(0o002);
  try {
    git('/', 'clone', '--quiet', sharedState(), path);
    expect((await kgit(path, [...PUSH, '--queue'])).code).toBe(0);
    expect((await kgit(path, ['lock', 'network'])).code).toBe(0);
  } finally {
    process.umask(before);
  }
  expect(rightsIn(path)).toEqual(new Set(['folder 700', 'file 600']));
});
