import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { GitStore } from '../../src/gitstore/git-store.js';
import type { StateStore } from '../../src/store/port/state-store.js';
import { changesContract, nextChanges } from '../support/changes-contract.js';
import {
  bareRepository,
  cloneOf,
  emptyRepository,
  fsck,
  git,
  realClock,
  temporaryFolder,
} from '../support/git-fixtures.js';
import { historyContract } from '../support/history-contract.js';
import { openGitStore } from '../support/open-git-store.js';
import { commit, storeContract, swapAll } from '../support/store-contract.js';
import { workingCopyContract } from '../support/working-copy-contract.js';

const repositories: string[] = [];
const remember = (path: string) => {
  repositories.push(path);
  return path;
};

afterEach(() => {
  for (const path of repositories.splice(0)) fsck(path);
});

storeContract('GitStore, purely local with a checkout', {
  open: () => openGitStore(remember(emptyRepository())),
  another: null,
});

storeContract('GitStore, purely local and bare', {
  open: () => openGitStore(remember(bareRepository())),
  another: null,
});

for (const [name, open] of [
  ['GitStore, purely local with a checkout', () => openGitStore(remember(emptyRepository()))],
  ['GitStore, purely local and bare', () => openGitStore(remember(bareRepository()))],
  ['GitStore, a clone of a local path', () => onRemote(remember(bareRepository()))],
] as const) {
  historyContract(name, { open });
  workingCopyContract(name, { open });
}

const remotes = new WeakMap<StateStore, string>();
async function onRemote(remote: string, clock = realClock): Promise<GitStore> {
  const store = await openGitStore(remember(cloneOf(remote)), 'origin', clock);
  remotes.set(store, remote);
  return store;
}

storeContract('GitStore, a clone of a local path', {
  open: () => onRemote(remember(bareRepository())),
  another: (store) => onRemote(remotes.get(store) as string),
});

changesContract('GitStore, purely local and bare', {
  open: () => openGitStore(remember(bareRepository())),
  another: null,
});

// Fetches every 100 ms.
const hasty = { ...realClock, now: () => realClock.now() * 50 };
changesContract('GitStore, a clone of a local path', {
  open: () => onRemote(remember(bareRepository()), hasty),
  another: (store) => onRemote(remotes.get(store) as string),
});

storeContract('GitStore, a clone of a file URL', {
  open: () => onRemote(`file://${remember(bareRepository())}`),
  another: (store) => onRemote(remotes.get(store) as string),
});

describe('GitStore and the checkout', () => {
  it('moves index and files with the branch, so a commit -am of the user loses nothing', async () => {
    const path = emptyRepository();
    const store = await openGitStore(path);
    await store.swap(null, [commit({ 'a/one': '1' })], 10_000);
    writeFileSync(join(path, 'notes.txt'), 'mine');
    git(path, 'add', 'notes.txt');
    writeFileSync(join(path, 'notes.txt'), 'mine, edited');
    await store.swap((await store.head()).revision, [commit({ 'a/two': '2' })], 10_000);
    expect(git(path, 'status', '--porcelain')).toBe('AM notes.txt');
    git(path, 'commit', '--quiet', '-am', 'my notes');
    expect(git(path, 'ls-tree', '-r', '--name-only', 'HEAD').split('\n')).toEqual([
      'a/one',
      'a/two',
      'notes.txt',
    ]);
    await store.close();
  });

  it('refuses a write that local edits are in the way of, and leaves them alone', async () => {
    const path = emptyRepository();
    const store = await openGitStore(path);
    await store.swap(null, [commit({ 'state.yaml': 'a: 1\n' })], 10_000);
    writeFileSync(join(path, 'state.yaml'), 'a: mine\n');
    const before = await store.head();
    const outcome = await store.swap(before.revision, [commit({ 'state.yaml': 'a: 2\n' })], 10_000);
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'local' });
    expect(await store.head()).toEqual(before);
    expect(git(path, 'diff', '--unified=0')).toContain('+a: mine');
    await store.close();
  });

  it('follows in linked work trees, and leaves one of another branch alone', async () => {
    const path = emptyRepository();
    const store = await openGitStore(path);
    await store.swap(null, [commit({ one: '1' })], 10_000);
    git(path, 'switch', '--quiet', '-c', 'feature');
    const linked = join(temporaryFolder(), 'linked');
    git(path, 'worktree', 'add', '--quiet', linked, 'main');
    await store.swap((await store.head()).revision, [commit({ two: '2' })], 10_000);
    expect(git(linked, 'status', '--porcelain')).toBe('');
    expect(git(linked, 'ls-files')).toBe('one\ntwo');
    expect(git(path, 'ls-files')).toBe('one');
    await store.close();
  });

  it('has published a write that a broken work tree does not follow, and says what is broken', async () => {
    const path = cloneOf(remember(bareRepository()));
    const store = await openGitStore(path, 'origin');
    const [first = null] = await swapAll(store, null, [commit({ one: '1' })]);
    await store.workingCopy.follow();
    git(path, 'switch', '--quiet', '-c', 'feature');
    git(path, 'worktree', 'add', '--quiet', join(temporaryFolder(), 'linked'), 'main');
    rmSync(join(path, '.git/worktrees/linked/gitdir'));
    const outcome = await store.swap(first, [commit({ two: '2' })], 10_000);
    expect(outcome).toMatchObject({ kind: 'swapped', notes: [] });
    await expect(store.workingCopy.follow()).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining('worktrees/linked/gitdir'),
    });
    await store.close();
  });

  it('leaves commits of the user and local edits behind a remote as they are, and says so', async () => {
    const remote = bareRepository();
    const [mine, theirs] = [cloneOf(remote), cloneOf(remote)];
    const [one, two] = [await openGitStore(mine, 'origin'), await openGitStore(theirs, 'origin')];
    await one.swap(null, [commit({ a: '1' })], 10_000);
    expect(git(mine, 'ls-files')).toBe('');
    expect(await one.workingCopy.follow()).toEqual([]);
    expect(git(mine, 'status', '--porcelain')).toBe('');
    expect(git(mine, 'log', '--format=%s')).toBe('test: files');
    writeFileSync(join(mine, 'a'), 'edited');
    const { revision } = await two.refresh(10_000);
    await two.swap(revision, [commit({ a: '2' })], 10_000);
    await two.workingCopy.follow();
    expect(git(theirs, 'ls-files')).toBe('a');
    const head = await one.refresh(10_000);
    const outcome = await one.swap(head.revision, [commit({ b: '1' })], 10_000);
    expect(outcome).toMatchObject({ kind: 'swapped', notes: [] });
    expect(await one.workingCopy.follow()).toEqual([expect.stringContaining('was left where it is')]);
    expect(git(mine, 'diff', '--name-only')).toBe('a');
    git(mine, 'checkout', '--quiet', 'a');
    expect(await one.workingCopy.follow()).toEqual([]);
    expect(git(mine, 'status', '--porcelain')).toBe('');
    expect(git(mine, 'ls-files')).toBe('a\nb');
    git(mine, 'commit', '--quiet', '--allow-empty', '-m', 'mine');
    const own = await one.swap((await one.head()).revision, [commit({ c: '1' })], 10_000);
    expect(own).toMatchObject({ kind: 'swapped', notes: [] });
    const notes = await one.workingCopy.follow();
    expect(notes).toEqual([expect.stringContaining('commits that the remote does not have')]);
    await Promise.all([one.close(), two.close()]);
  });
});

describe('GitStore and its watchers', () => {
  it('tells what a merge into a line of their own brought as one change', async () => {
    const path = bareRepository();
    const store = await openGitStore(path);
    const [first] = await swapAll(store, null, [commit({ a: '1' })]);
    const clone = cloneOf(path);
    await swapAll(store, first ?? '', [commit({ b: '1' })]);
    const seen = (await store.head()).revision ?? '';
    writeFileSync(join(clone, 'mine'), '');
    writeFileSync(join(clone, 'a'), '2');
    git(clone, 'add', '.');
    git(clone, 'commit', '--quiet', '-m', 'mine');
    git(clone, 'pull', '--quiet', '--no-rebase', '--no-edit');
    git(clone, 'push', '--quiet');
    const [change] = await nextChanges(store, seen, 1);
    expect(change).toMatchObject({ revision: git(clone, 'rev-parse', 'HEAD'), parent: seen });
    expect(change).toMatchObject({ added: ['mine'], changed: ['a'], removed: [] });
    expect(change?.author.name).toBe('Grace');
    await store.close();
  });

  it('tells that the branch of the remote was rewritten while it was watched', async () => {
    const remote = bareRepository();
    const store = await onRemote(remote, hasty);
    const [, second] = await swapAll(store, null, [commit({ a: '1' }), commit({ a: '2' })]);
    const waiting = nextChanges(store, second ?? '', 1);
    git(remote, 'update-ref', 'refs/heads/main', 'refs/heads/main~1');
    await expect(waiting).rejects.toMatchObject({ data: { cause: 'went-back', revision: second } });
    await store.close();
  });
});
