import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import {
  expectFailure,
  expectPublished,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

/** A backup of a clone with history, a lock and a write that waits. */
async function backedUp(): Promise<{ remote: string; clone: string; file: string }> {
  const remote = sharedState();
  const clone = cloneOf(remote);
  await kgitJson(clone, ['set', 'kof.a=1']);
  await kgitJson(clone, ['lock', 'network']);
  await kgitJson(clone, ['push-event', 'noted', '--cluster', 'prod', '--queue']);
  const file = join(temporaryFolder(), 'state.bundle');
  expect(await kgitJson(clone, ['backup', file])).toMatchObject({ path: file, operations: 1, locks: 1 });
  return { remote, clone, file };
}

describe('kgit backup', () => {
  it('is restored to a new place with history, locks and outbox, and publishes from there', async () => {
    const { remote, clone, file } = await backedUp();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(file, '..'))).toEqual(['state.bundle']);
    expect(git(clone, 'for-each-ref', 'refs/kgit/backup')).toBe('');
    const plain = join(temporaryFolder(), 'plain');
    git('.', 'clone', '--quiet', file, plain);
    expect(git(plain, 'rev-parse', 'main')).toBe(git(remote, 'rev-parse', 'main'));
    const path = join(temporaryFolder(), 'state');
    const json = await kgitJson(temporaryFolder(), ['restore', file, path]);
    expect(json).toMatchObject({ path, remote, operations: 1, locks: 1, movedTo: null });
    expect(git(path, 'rev-parse', 'HEAD')).toBe(git(remote, 'rev-parse', 'main'));
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect(git(path, 'for-each-ref', '--format=%(refname)', 'refs/kgit')).toBe('refs/kgit/locks/network');
    expect(await kgitJson(path, ['sync'])).toMatchObject({ published: [expect.any(String)], pending: 0 });
    const { events } = await kgitJson(cloneOf(remote), ['log']);
    expect(events.map(({ action }: { action: string }) => action)).toEqual(['state_changed', 'noted']);
  });

  it('is restored to a new remote, with what waits, if the old one is lost', async () => {
    const { file } = await backedUp();
    const path = join(temporaryFolder(), 'state');
    const next = bareRepository();
    await kgitJson(temporaryFolder(), ['restore', file, path, '--remote', next]);
    git(path, 'push', '--quiet', 'origin', 'main', 'refs/kgit/locks/*');
    expect(await kgitJson(path, ['sync'])).toMatchObject({ pending: 0 });
    expect((await kgitJson(cloneOf(next), ['log'])).events).toHaveLength(2);
    expect((await kgitJson(path, ['locks'])).locks).toMatchObject([{ name: 'network' }]);
  });

  it('replaces a damaged clone, which is kept, and carries over what waited there', async () => {
    const { clone, file } = await backedUp();
    await kgitJson(clone, ['push-event', 'later', '--cluster', 'prod', '--queue']);
    execFileSync('rm', ['-rf', join(clone, '.git/objects')]);
    const json = await kgitJson(temporaryFolder(), ['restore', file, clone]);
    expect(json.operations).toBe(2);
    expect(existsSync(join(json.movedTo, 'deployments'))).toBe(true);
    expect((await kgitJson(clone, ['sync'])).published).toHaveLength(2);
  });

  it('also sends what waited in the replaced clone to a new remote', async () => {
    const { clone, file } = await backedUp();
    await kgitJson(clone, ['push-event', 'later', '--cluster', 'prod', '--queue']);
    const next = bareRepository();
    await kgitJson(temporaryFolder(), ['restore', file, clone, '--remote', next, '--yes']);
    git(clone, 'push', '--quiet', 'origin', 'main');
    expect((await kgitJson(clone, ['sync'])).published).toHaveLength(2);
    expect((await kgitJson(cloneOf(next), ['log', '--action', 'later'])).events).toHaveLength(1);
  });

  it('holds an operation once that another process publishes meanwhile', async () => {
    const remote = sharedState();
    const clone = cloneOf(remote);
    git(clone, 'remote', 'set-url', 'origin', `ssh://forge.example${remote}`);
    const program = join(import.meta.dirname, '../../../bin/run.js');
    const published = join(temporaryFolder(), 'published');
    // What waits is published at the second fetch of the backup, that of the locks.
    const ssh = `#!/bin/sh
for command; do :; done
if [ -e ${published}.armed ]; then
  mv ${published}.armed ${published}.next
elif [ -e ${published}.next ]; then
  rm ${published}.next
  (cd ${clone} && ${process.execPath} ${program} sync > ${published} 2>&1) || exit 1
fi
exec sh -c "$command"
`;
    writeFileSync(`${published}.ssh`, ssh, { mode: 0o755 });
    const env = { GIT_SSH: `${published}.ssh`, GIT_SSH_VARIANT: 'simple' };
    await kgitJson(clone, ['sync'], { env });
    await kgitJson(clone, ['push-event', 'noted', '--cluster', 'prod', '--queue'], { env });
    writeFileSync(`${published}.armed`, '');
    const file = join(temporaryFolder(), 'while.bundle');
    expect(await kgitJson(clone, ['backup', file], { env })).toMatchObject({ operations: 1 });
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
    const to = join(temporaryFolder(), 'state');
    await kgitJson(temporaryFolder(), ['restore', file, to]);
    await kgitJson(to, ['sync'], { env });
    expect((await kgitJson(to, ['log', '--no-fetch'])).events).toHaveLength(1);
  });

  it('has all objects, even if a partial clone left most of them at its remote', async () => {
    const remote = sharedState();
    git(remote, 'config', 'uploadpack.allowFilter', 'true');
    const path = join(temporaryFolder(), 'partial');
    git('.', 'clone', '--quiet', '--no-checkout', '--filter=blob:none', `file://${remote}`, path);
    const file = join(temporaryFolder(), 'x.bundle');
    await kgitJson(path, ['backup', file]);
    const to = join(temporaryFolder(), 'state');
    await kgitJson(path, ['restore', file, to, '--remote', bareRepository()]);
    git(to, 'fsck', '--connectivity-only', '--no-dangling');
    expect(git(to, 'status', '--porcelain')).toBe('');
  });

  it('refuses a missing folder (18), and to restore onto a file (2)', async () => {
    const path = stateRepository();
    const nowhere = join(path, 'no/such.bundle');
    const error = expectFailure(await kgit(path, ['backup', nowhere, '--json']), 'ENVIRONMENT', 18);
    expect(error.message).toContain('there is no folder');
    const file = join(path, 'x.bundle');
    await kgitJson(path, ['backup', file]);
    expectFailure(await kgit(path, ['restore', file, file, '--json']), 'USAGE', 2);
  });

  it('works for a purely local repository, too', async () => {
    const path = stateRepository();
    const file = join(temporaryFolder(), 'x.bundle');
    await kgitJson(path, ['backup', file]);
    const to = join(temporaryFolder(), 'state');
    expect(await kgitJson(path, ['restore', file, to])).toMatchObject({ remote: null, operations: 0 });
    expectPublished(await kgitJson(to, ['set', '--create-key', 'a=1']));
  });

  it('holds no withheld value, and no local file except the outbox', async () => {
    const path = stateRepository();
    writeFileSync(join(path, '.git/kgit-secret'), 'hunter2');
    const file = join(temporaryFolder(), 'x.bundle');
    await kgitJson(path, ['backup', file]);
    const list = git(path, 'bundle', 'list-heads', file)
      .split('\n')
      .map((line) => line.split(' ')[1]);
    expect(list.filter((name) => !name?.startsWith('refs/kgit/backup/'))).toEqual([
      'refs/heads/main',
      'HEAD',
    ]);
  });
});

describe('kgit restore refuses (14), and changes nothing, a file', () => {
  async function refused(file: string): Promise<string> {
    const parent = temporaryFolder();
    const run = await kgit(parent, ['restore', file, join(parent, 'state'), '--json']);
    expect(readdirSync(parent)).toEqual([]);
    return expectFailure(run, 'INVALID_STATE', 14).message;
  }

  it('that is truncated, corrupt, or no bundle', async () => {
    const { file } = await backedUp();
    const whole = readFileSync(file);
    truncateSync(file, whole.length - 100);
    await refused(file);
    const changed = Buffer.from(whole);
    for (let i = 0; i < 40; i++)
      changed[whole.length - 300 + i] = (changed[whole.length - 300 + i] as number) ^ 0x5a;
    writeFileSync(file, changed);
    await refused(file);
    writeFileSync(file, 'no bundle\n');
    expect(await refused(file)).toContain('it is a text file, and a backup is a git bundle');
    expect(await refused(join(temporaryFolder(), 'missing'))).toContain('there is no such file');
  });

  it('that is something else, and says what it is', async () => {
    const folder = temporaryFolder();
    const rows: [string, Buffer, string][] = [
      ['empty', Buffer.alloc(0), 'it is empty'],
      ['one', Buffer.from('x'), 'it is a text'],
      ['gzip', gzipSync('x'), 'it is compressed by gzip: if another back end wrote it'],
      ['zip', Buffer.from('PK\u0003\u0004'), 'it is a zip archive'],
      ['bytes', Buffer.from([0, 1, 2]), 'it is not a git bundle'],
    ];
    for (const [name, bytes, words] of rows) {
      writeFileSync(join(folder, name), bytes);
      expect(await refused(join(folder, name))).toContain(words);
    }
    expect(await refused(folder)).toContain('it is a folder');
    const bundle = join(folder, 'bundle');
    git(stateRepository(), 'bundle', 'create', '--quiet', bundle, 'HEAD');
    expect(await refused(bundle)).toContain('it is a git bundle, but not a kgit backup');
  });

  /** A bundle of a repository whose backup commit has these files in its outbox, made by hand. */
  function forged(manifest: Record<string, unknown>, outbox: string, kind = '100644 blob'): string {
    const path = stateRepository();
    const blob = (input: string) =>
      execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: path, input }).toString().trim();
    const tree = (input: string) =>
      execFileSync('git', ['mktree', '--missing'], { cwd: path, input }).toString().trim();
    const revision = git(path, 'rev-parse', 'main');
    const whole = { version: 1, branch: 'main', revision, ref: 'refs/heads/main', remote: null, ...manifest };
    const entry = outbox === '' ? '' : `${kind} ${blob('{}')}\t${outbox}\n`;
    const root = tree(
      `100644 blob ${blob(JSON.stringify(whole))}\tmanifest.json\n040000 tree ${tree(entry)}\toutbox\n`,
    );
    git(path, 'update-ref', 'refs/kgit/backup/x', git(path, 'commit-tree', '-m', 'x', root));
    const file = join(temporaryFolder(), 'forged.bundle');
    git(path, 'bundle', 'create', '--quiet', file, 'main', 'refs/kgit/backup/x');
    return file;
  }

  it.each([
    ['that leaves its folder', {}, '..', '100644 blob'],
    ['with another name in the outbox', {}, 'hooks', '100644 blob'],
    ['with a link in the outbox', {}, '000000000001-01JZXK5B7Q3M8N2V4C6D9F0G1H', '120000 blob'],
    ['with another revision', { revision: 'f'.repeat(40) }, '', ''],
    ['with a branch that is an option', { branch: '--upload-pack=x' }, '', ''],
    ['with a remote that is a program', { remote: 'ext::sh -c x' }, '', ''],
    ['of another version', { version: 2 }, '', ''],
  ])('%s', async (_name, manifest, entry, kind) => {
    await refused(forged(manifest, entry, kind));
  });

  it('for a folder that holds something else: 2', async () => {
    const { file } = await backedUp();
    const parent = temporaryFolder();
    writeFileSync(join(parent, 'mine'), '');
    expectFailure(await kgit(parent, ['restore', file, '--json']), 'USAGE', 2);
    expect(readdirSync(parent)).toEqual(['mine']);
  });
});
