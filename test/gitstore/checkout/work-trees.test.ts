import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkout, gitDirOf } from '../../support/checkout-fixtures.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { openGitStore } from '../../support/open-git-store.js';
import { commit } from '../../support/store-contract.js';

describe('what the user has not finished', () => {
  const conflict = (path: string) => {
    git(path, 'switch', '--quiet', '-c', 'side');
    writeFileSync(join(path, 'NOTES'), 'side\n');
    git(path, 'commit', '--quiet', '-am', 'side');
    git(path, 'switch', '--quiet', 'main');
    writeFileSync(join(path, 'NOTES'), 'main\n');
    git(path, 'commit', '--quiet', '-am', 'mine');
  };
  const fails = (path: string, ...args: string[]) => expect(() => git(path, ...args)).toThrow();
  const UNFINISHED: readonly [string, RegExp, (path: string) => void, string[]][] = [
    ['a merge', /a merge is not finished/, (path) => fails(path, 'merge', 'side'), ['merge', '--abort']],
    [
      'a cherry-pick',
      /cherry-pick is not/,
      (path) => fails(path, 'cherry-pick', 'side'),
      ['cherry-pick', '--abort'],
    ],
    [
      'a revert',
      /a revert is not finished/,
      (path) => fails(path, 'revert', '--no-edit', 'HEAD~1'),
      ['revert', '--abort'],
    ],
    ['a rebase', /a rebase is not finished/, (path) => fails(path, 'rebase', 'side'), ['rebase', '--abort']],
    [
      'a rebase with apply',
      /a rebase/,
      (path) => fails(path, 'rebase', '--apply', 'side'),
      ['rebase', '--abort'],
    ],
    ['a bisect', /a bisect/, (path) => git(path, 'bisect', 'start', 'HEAD', 'HEAD~1'), ['bisect', 'reset']],
  ];

  it.each(UNFINISHED)(
    '%s: a write without a remote is refused, and goes through afterwards',
    async (what, says, begin, end) => {
      const { path, store } = await checkout();
      conflict(path);
      if (what === 'a revert') {
        writeFileSync(join(path, 'NOTES'), 'again\n');
        git(path, 'commit', '--quiet', '-am', 'again');
      }
      if (what === 'a bisect') git(path, 'commit', '--quiet', '--allow-empty', '-m', 'between');
      const { revision } = await store.head();
      begin(path);
      const before = git(path, 'status', '--porcelain');
      const outcome = await store.swap(revision, [commit({ more: 'm\n' })], 10_000);
      expect(outcome).toMatchObject({ kind: 'refused', scope: 'local', error: { code: 'CONFLICT' } });
      expect('error' in outcome && outcome.error.message).toMatch(says);
      expect((await store.head()).revision).toBe(revision);
      expect(git(path, 'status', '--porcelain')).toBe(before);
      git(path, ...end);
      expect(await store.swap(revision, [commit({ more: 'm\n' })], 10_000)).toMatchObject({
        kind: 'swapped',
      });
      expect(git(path, 'status', '--porcelain')).toBe('');
      await store.close();
    },
  );

  it('with a remote moves the tracking ref alone, and is told', async () => {
    const path = cloneOf(bareRepository());
    const store = await openGitStore(path, 'origin');
    await store.swap(null, [commit({ NOTES: 'n\n' })], 10_000);
    await store.workingCopy.follow();
    const base = (await store.head()).revision;
    git(path, 'bisect', 'start');
    await store.swap(base, [commit({ more: 'm\n' })], 10_000);
    const notes = await store.workingCopy.follow();
    expect(notes).toEqual([expect.stringContaining('a bisect is not finished')]);
    expect(git(path, 'rev-parse', 'main')).toBe(base);
    expect(git(path, 'rev-parse', 'refs/kgit/remote/main')).toBe((await store.head()).revision);
    git(path, 'bisect', 'reset');
    expect(await store.workingCopy.follow()).toEqual([]);
    expect(git(path, 'rev-parse', 'main')).toBe((await store.head()).revision);
    await store.close();
  });
});

describe('checkouts of all kinds follow, also where files go', () => {
  const KINDS: readonly [string, (path: string) => void][] = [
    ['a plain one', () => undefined],
    ['with a split index', (path) => git(path, 'update-index', '--split-index')],
    ['that leaves files out', (path) => git(path, 'sparse-checkout', 'set', '--no-cone', 'events')],
    [
      'with an index that was removed and made again',
      (path) => {
        rmSync(join(gitDirOf(path), 'index'));
        git(path, 'reset', '--quiet');
      },
    ],
    [
      'in a linked work tree',
      (path) => {
        git(path, 'switch', '--quiet', '--detach');
        git(path, 'worktree', 'add', '--quiet', join(temporaryFolder(), 'linked'), 'main');
      },
    ],
  ];

  it.each(KINDS)('%s', async (what, prepare) => {
    const { path, store, base } = await checkout();
    prepare(path);
    const files = { 'events/old/two': null, 'events/sealed': '2\n', state: 'a: 2\n' };
    expect(await store.swap(base, [commit(files)], 10_000)).toMatchObject({ kind: 'swapped', notes: [] });
    const places = git(path, 'worktree', 'list', '--porcelain').match(/^worktree .*/gm) ?? [];
    for (const place of places.map((line) => line.slice('worktree '.length))) {
      expect(git(place, 'status', '--porcelain'), place).toBe('');
      expect(git(place, 'ls-files', '-v', '--', 'state'), place).toMatch(/^[HS] state$/);
    }
    expect(git(path, 'ls-tree', '-r', '--name-only', 'main').split('\n')).toEqual([
      'NOTES',
      'events/one',
      'events/sealed',
      'state',
    ]);
    expect(existsSync(join(path, 'state'))).toBe(what !== 'that leaves files out');
    await store.close();
  });

  it('a linked work tree whose folder was moved away is not left behind by the branch', async () => {
    const { path, store, base } = await checkout();
    git(path, 'switch', '--quiet', '--detach');
    const [linked, moved] = [join(temporaryFolder(), 'linked'), join(temporaryFolder(), 'moved')];
    git(path, 'worktree', 'add', '--quiet', linked, 'main');
    renameSync(linked, moved);
    const outcome = await store.swap(base, [commit({ more: 'm\n' })], 10_000);
    expect(outcome).toMatchObject({ scope: 'local' });
    expect('error' in outcome && outcome.error.message).toContain('git worktree repair');
    git(moved, 'worktree', 'repair');
    expect(await store.swap(base, [commit({ more: 'm\n' })], 10_000)).toMatchObject({ kind: 'swapped' });
    expect(git(moved, 'status', '--porcelain')).toBe('');
    await store.close();
  });

  it('a file in place of the folder of work trees is told with what to run', async () => {
    const { path, store } = await checkout();
    writeFileSync(join(path, '.git/worktrees'), '');
    await expect(store.workingCopy.settle()).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining('ENOTDIR'),
      suggestions: [expect.stringContaining('git worktree list')],
    });
    await store.close();
  });
});
