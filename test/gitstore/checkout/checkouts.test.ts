import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { thisHost } from '../../../src/setup/this-host.js';
import { checkout, gitDirOf, noteMove, successor } from '../../support/checkout-fixtures.js';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { openGitStore } from '../../support/open-git-store.js';
import { commit } from '../../support/store-contract.js';

/** A lock as a kgit of this machine leaves it; that of a process that is gone where no pid is given. */
function lockOf(path: string, pid = 2 ** 22 + 1): string {
  const file = join(gitDirOf(path), 'index.lock');
  const { hostname, bootId } = thisHost;
  const processStart = thisHost.processStart(pid);
  const holder = { kgit: 'kgit is moving this checkout', hostname, bootId, pid, processStart, nonce: 'x' };
  writeFileSync(file, JSON.stringify(holder));
  return file;
}

const files = (path: string) => git(path, 'ls-files').split('\n');
const OLD = ['NOTES', 'events/old/two', 'events/one', 'state'];
const NEW = ['NOTES', 'events/new/three', 'events/one', 'state'];
const isPartOf = (path: string) =>
  readdirSync(gitDirOf(path)).filter((name) => /kgit-index|stolen|lock/.test(name));

describe('a move that was broken off is ended by what is there', () => {
  /** What the killed kgit and the user left, from a checkout at `base`; which files are to be there in the end. */
  const LEFT: readonly [string, (path: string, base: string, next: string) => void, string[]][] = [
    ['nothing was moved', () => undefined, OLD],
    [
      'files came, the index is the old one',
      (path, _base, next) => {
        git(path, 'restore', `--source=${next}`, '--worktree', 'state', 'events/new');
      },
      OLD,
    ],
    [
      'files and index are moved, the branch is not',
      (path, base, next) => git(path, 'read-tree', '-m', '-u', base, next),
      OLD,
    ],
    [
      'all is moved',
      (path, base, next) => {
        git(path, 'read-tree', '-m', '-u', base, next);
        git(path, 'update-ref', 'refs/heads/main', next);
      },
      NEW,
    ],
    [
      'the branch alone is moved, as an older kgit did it',
      (path, _base, next) => git(path, 'update-ref', 'refs/heads/main', next),
      NEW,
    ],
    [
      'the user has committed what was moved',
      (path, base, next) => {
        git(path, 'read-tree', '-m', '-u', base, next);
        git(path, 'commit', '--quiet', '--allow-empty', '-m', 'mine');
      },
      NEW,
    ],
    [
      'the user has reset all of it',
      (path, base, next) => {
        git(path, 'read-tree', '-m', '-u', base, next);
        git(path, 'reset', '--quiet', '--hard');
      },
      OLD,
    ],
    [
      'the user has switched to another branch with it',
      (path, base, next) => {
        git(path, 'read-tree', '-m', '-u', base, next);
        git(path, 'switch', '--quiet', '-c', 'other');
      },
      OLD,
    ],
  ];

  it.each(LEFT)('%s', async (_what, leave, expected) => {
    const { path, store, base } = await checkout();
    const next = successor(path, base);
    leave(path, base, next);
    noteMove(path, base, next);
    const lock = lockOf(path);
    writeFileSync(join(path, 'mine'), 'untracked\n');
    writeFileSync(join(path, 'NOTES'), 'edited\n');
    expect(await store.workingCopy.settle()).toEqual([]);
    expect(git(path, 'status', '--porcelain')).toBe('M NOTES\n?? mine');
    expect(files(path)).toEqual(expected);
    expect(existsSync(lock)).toBe(false);
    expect(existsSync(join(gitDirOf(path), 'kgit/checkout.json'))).toBe(false);
    expect(isPartOf(path)).toEqual([]);
    await store.close();
  });

  it('whatever the modes of files are, where git is told that they say nothing', async () => {
    const { path, store, base } = await checkout();
    const next = successor(path, base);
    git(path, 'config', 'core.fileMode', 'no');
    git(path, 'restore', `--source=${next}`, '--worktree', 'state', 'events/new');
    for (const file of ['state', 'events/new/three', 'events/old/two']) chmodSync(join(path, file), 0o755);
    noteMove(path, base, next);
    expect(await store.workingCopy.settle()).toEqual([]);
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect(readFileSync(join(path, 'state'), 'utf8')).toBe('a: 1\n');
    await store.close();
  });

  it('leaves what the user made of the files of the move, and ends the rest', async () => {
    const { path, store, base } = await checkout();
    const next = successor(path, base);
    git(path, 'read-tree', '-m', '-u', base, next);
    writeFileSync(join(path, 'state'), 'a: mine\n');
    git(path, 'add', 'state');
    noteMove(path, base, next);
    expect(await store.workingCopy.settle()).toEqual([]);
    expect(git(path, 'status', '--porcelain')).toBe('M  state');
    expect(readFileSync(join(path, 'state'), 'utf8')).toBe('a: mine\n');
    await store.close();
  });

  it('waits where the user is in the middle of a merge, and ends it afterwards', async () => {
    const { path, store, base } = await checkout();
    const next = successor(path, base);
    git(path, 'read-tree', '-m', '-u', base, next);
    noteMove(path, base, next);
    writeFileSync(join(gitDirOf(path), 'MERGE_HEAD'), `${next}\n`);
    expect(await store.workingCopy.settle()).toEqual([expect.stringContaining('a merge is not finished')]);
    expect(await store.swap(base, [commit({ more: 'm\n' })], 10_000)).toMatchObject({ scope: 'local' });
    expect(files(path)).toEqual(NEW);
    rmSync(join(gitDirOf(path), 'MERGE_HEAD'));
    expect(await store.workingCopy.settle()).toEqual([]);
    expect(files(path)).toEqual(OLD);
    await store.close();
  });

  it.each([
    ['half a file', '{"checkouts": ['],
    ['nothing', ''],
    ['another shape', '{"checkouts": 5, "from": "--help", "to": null}'],
    ['commits that are not here', JSON.stringify({ checkouts: [], from: null, to: 'a'.repeat(40) })],
  ])('forgives a note that is damaged, and names it: %s', async (_what, text) => {
    const { path, store, base } = await checkout();
    noteMove(path, base, base);
    writeFileSync(join(gitDirOf(path), 'kgit/checkout.json'), text);
    expect(await store.workingCopy.settle()).toEqual([
      expect.stringMatching(/kgit\/checkout\.json.*cannot be read/),
    ]);
    expect(await store.workingCopy.settle()).toEqual([]);
    expect(await store.swap(base, [commit({ more: 'm\n' })], 10_000)).toMatchObject({ kind: 'swapped' });
    await store.close();
  });
});

describe('the lock of an index', () => {
  it('of a kgit that is gone is removed by the next one; nothing of the move is left behind', async () => {
    const { path, store, base } = await checkout();
    lockOf(path);
    expect(await store.swap(base, [commit({ more: 'm\n' })], 10_000)).toMatchObject({ kind: 'swapped' });
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect(isPartOf(path)).toEqual([]);
    await store.close();
  });

  it.each([
    ['empty', ''],
    ['with an index in it', 'DIRC\u0000\u0000'],
    ['JSON of another program', '{"pid": 1}'],
    ['JSON that is no map', 'null'],
  ])('of another git is never touched, and named: %s', async (_what, text) => {
    const { path, store, base } = await checkout();
    const lock = join(gitDirOf(path), 'index.lock');
    writeFileSync(lock, text);
    await expect(store.swap(base, [commit({ more: 'm\n' })], 10_000)).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      data: { path: lock },
    });
    expect(readFileSync(lock, 'utf8')).toBe(text);
    expect(await store.head()).toMatchObject({ revision: base });
    expect(git(path, 'status', '--porcelain')).toBe('');
    await store.close();
  });

  it('is waited for while a git works, or another kgit moves', async () => {
    const { path, store, base } = await checkout();
    const lock = lockOf(path, process.pid);
    setTimeout(() => rmSync(lock), 300);
    expect(await store.swap(base, [commit({ more: 'm\n' })], 10_000)).toMatchObject({ kind: 'swapped' });
    await store.close();
  });

  it('is held in all work trees: another may be about to switch to the branch', async () => {
    const { path, store, base } = await checkout();
    git(path, 'worktree', 'add', '--quiet', '--detach', join(temporaryFolder(), 'linked'));
    const lock = join(gitDirOf(path), 'worktrees/linked/index.lock');
    writeFileSync(lock, '');
    await expect(store.swap(base, [commit({ more: 'm\n' })], 10_000)).rejects.toMatchObject({
      data: { path: lock },
    });
    rmSync(lock);
    expect(await store.swap(base, [commit({ more: 'm\n' })], 10_000)).toMatchObject({ kind: 'swapped' });
    expect(existsSync(lock)).toBe(false);
    await store.close();
  });
});

describe('a git that read the index before it was locked, and writes it back afterwards', () => {
  it('is mended at the end', async () => {
    const { path, store, base } = await checkout();
    const index = join(gitDirOf(path), 'index');
    const old = readFileSync(index);
    const files = { 'events/three': '3\n', state: 'a: 2\n' };
    expect(await store.swap(base, [commit(files)], 10_000)).toMatchObject({ kind: 'swapped' });
    writeFileSync(index, old);
    expect(git(path, 'status', '--porcelain')).toContain('D  events/three');
    await store.close();
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  it('is mended by the next kgit, where the index is locked at the end', async () => {
    const { path, store, base } = await checkout();
    const index = join(gitDirOf(path), 'index');
    const old = readFileSync(index);
    await store.swap(base, [commit({ 'events/three': '3\n' })], 10_000);
    writeFileSync(index, old);
    writeFileSync(`${index}.lock`, '');
    await store.close();
    rmSync(`${index}.lock`);
    const next = await openGitStore(path);
    expect(await next.workingCopy.settle()).toEqual([]);
    expect(git(path, 'status', '--porcelain')).toBe('');
    await next.close();
  });
});
