import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { findRepository } from '../../../src/gitstore/embedded/found-repository.js';
import type { Commit, Revision, StateStore } from '../../../src/store/port/state-store.js';
import { changesContract } from '../../support/changes-contract.js';
import { anyCharacter } from '../../support/characters.js';
import { openEmbedded } from '../../support/embedded-git.js';
import { bareRepository, emptyRepository, fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { historyContract } from '../../support/history-contract.js';
import { leaseContract } from '../../support/lease-contract.js';
import { openGitStore } from '../../support/open-git-store.js';
import { reviewContract } from '../../support/review-contract.js';
import { commit, storeContract, swapAll } from '../../support/store-contract.js';

const NAME = 'embedded git, purely local';
const repositories: string[] = [];
const made = () => {
  const path = bareRepository();
  repositories.push(path);
  return path;
};
const open = async () => (await openEmbedded(made())).store;
const another = async ({ target }: StateStore) => (await openEmbedded(target.replace(/#main$/, ''))).store;

afterEach(() => {
  for (const path of repositories.splice(0)) fsck(path);
});

storeContract(NAME, { open, another: null });
historyContract(NAME, { open });
leaseContract(NAME, { open, another });
changesContract(NAME, { open, another });
reviewContract(NAME, { open: () => openEmbedded(made()) });

/** Stores an object that git itself would not make. */
function hashed(place: string, type: string, data: Buffer): string {
  const args = ['hash-object', '-w', '-t', type, '--literally', '--stdin'];
  return execFileSync('git', args, { cwd: place, input: data, encoding: 'utf8' }).trim();
}

/** Names that a tree sorts in ways of its own, or that git would quote. */
const NAMES = ['a', 'a-b', 'a.b', 'a0', 'ü "x"', 'z'] as const;
const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));
const files = fc.uniqueArray(fc.tuple(path, fc.option(fc.string({ unit: anyCharacter }), { freq: 4 })), {
  maxLength: 5,
  selector: ([name]) => name,
});
/** No path is a file and a folder of one commit: what git makes of it depends on the order. */
const isTree = (changes: readonly (readonly [string, string | null])[]) =>
  changes.every(([one]) => changes.every(([other]) => !other.startsWith(`${one}/`)));
const person = fc.record({
  name: fc.string({ unit: anyCharacter }),
  email: fc.string({ unit: anyCharacter }),
});
const commits = fc.array(
  fc.record({
    message: fc.string({ unit: anyCharacter }).map((text) => text.replaceAll('\0', '')),
    author: person,
    time: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    published: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    files: files.filter(isTree).map((changes): Commit['files'] => new Map(changes)),
  }),
  { minLength: 1, maxLength: 4 },
);

describe('the embedded git and the git program', () => {
  it('make the same commits, byte for byte', async () => {
    const [here, there] = [made(), made()];
    // In a shared repository git makes all commits itself.
    git(there, 'config', 'core.sharedRepository', 'group');
    const [one, two] = [(await openEmbedded(here)).store, await openGitStore(there)];
    const root = (await swapAll(one, null, [commit({ 'a/b': '1', z: '2' })]))[0] as Revision;
    git(there, 'fetch', '--quiet', here, 'main');
    await fc.assert(
      fc.asyncProperty(commits, async (chain) => {
        for (const place of [here, there]) git(place, 'update-ref', 'refs/heads/main', root);
        const outcomes = [await one.swap(root, chain, 10_000), await two.swap(root, chain, 10_000)];
        const [mine, theirs] = outcomes.map((outcome) => outcome.kind === 'swapped' && outcome.revisions);
        expect(mine).toEqual(theirs);
      }),
      { numRuns: 30 },
    );
    await two.close();
  });

  it('write below a folder of a mode that old tools gave it, and read it', async () => {
    for (const embedded of [true, false]) {
      const place = bareRepository();
      // fast-import, and so git, would write the usual modes.
      const store = (mode: string, name: string, oid: string) => {
        const data = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]);
        return hashed(place, 'tree', data);
      };
      const file = hashed(place, 'blob', Buffer.from('old\n'));
      const tree = store('040000', 'a', store('40000', 'b', store('100664', 'file', file)));
      const base = git(place, 'commit-tree', '-m', 'old', tree);
      git(place, 'update-ref', 'refs/heads/main', base);
      const { store: driver } = embedded ? await openEmbedded(place) : { store: await openGitStore(place) };
      expect(await driver.view(base).list('')).toEqual([{ name: 'a', kind: 'folder' }]);
      expect(await driver.view(base).read('a/b/file')).toBe('old\n');
      await swapAll(driver, base, [commit({ 'a/b/new': 'new\n' })]);
      expect(git(place, 'ls-tree', '-r', '--name-only', 'main').split('\n')).toEqual(['a/b/file', 'a/b/new']);
      expect(git(place, 'diff', '--name-status', base, 'main')).toBe('A\ta/b/new');
      await driver.close();
    }
  });

  it('go on with what the other has left, packed or not, and take turns at the branch', async () => {
    const place = made();
    const mine = (await openEmbedded(place)).store;
    const theirs = await openGitStore(place);
    let tip: Revision | null = null;
    for (let i = 0; i < 6; i++) {
      const outcome = await (i % 2 === 0 ? mine : theirs).swap(tip, [commit({ [`d/${i}`]: `${i}` })], 10_000);
      if (outcome.kind !== 'swapped') throw new Error(outcome.kind);
      tip = outcome.revisions[0] ?? null;
      if (i === 2) git(place, 'gc', '--quiet', '--prune=now');
      expect((await mine.head()).revision).toBe(tip);
    }
    git(place, 'gc', '--quiet', '--prune=now');
    const fresh = (await openEmbedded(place)).store;
    expect((await fresh.view(tip).list('d'))?.map(({ name }) => name)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
    expect(await fresh.history.resolve('main~2')).toBe(git(place, 'rev-parse', 'main~2'));
    expect(await fresh.history.resolve(tip?.slice(0, 9) ?? '')).toBe(tip);
    await theirs.close();
  });

  it('lose no commit if many write at once', async () => {
    const place = made();
    const stores: StateStore[] = [await openGitStore(place), await openGitStore(place)];
    for (let i = 0; i < 3; i++) stores.push((await openEmbedded(place)).store);
    const writer = async (store: StateStore, name: string) => {
      for (let i = 0; i < 4; ) {
        const { revision } = await store.head();
        const outcome = await store.swap(revision, [commit({ [`${name}/${i}`]: '' })], 10_000);
        if (outcome.kind === 'swapped') i++;
        else expect(outcome.kind).toBe('moved');
      }
    };
    await Promise.all(stores.map((store, i) => writer(store, `w${i}`)));
    expect(git(place, 'rev-list', '--count', 'main')).toBe('20');
    expect(git(place, 'ls-tree', '-r', '--name-only', 'main').split('\n')).toHaveLength(20);
    for (const store of stores) await store.close();
  });
});

describe('the embedded git', () => {
  it('reads a branch that is checked out, and refuses to write to it', async () => {
    const place = emptyRepository();
    const first = await openGitStore(place);
    await first.swap(null, [commit({ a: '1' })], 10_000);
    await first.close();
    const { store } = await openEmbedded(place);
    const { revision } = await store.head();
    expect(await store.view(revision).read('a')).toBe('1');
    expect(await store.workingCopy.checkedOut()).toBe(revision);
    const outcome = await store.swap(revision, [commit({ a: '2' })], 10_000);
    expect(outcome).toMatchObject({ kind: 'refused', scope: 'local', error: { code: 'ENVIRONMENT' } });
    expect((await store.head()).revision).toBe(revision);
  });

  it('refuses to write to a branch that is checked out in another worktree', async () => {
    const place = made();
    const { store } = await openEmbedded(place);
    await swapAll(store, null, [commit({ a: '1' })]);
    const other = join(temporaryFolder(), 'other');
    git(place, 'worktree', 'add', '--quiet', other, 'main');
    const { revision } = await store.head();
    const outcome = await store.swap(revision, [commit({ a: '2' })], 10_000);
    expect(outcome).toMatchObject({ kind: 'refused', error: { data: { path: other } } });
    rmSync(other, { recursive: true });
    expect(await store.swap(revision, [commit({ a: '2' })], 10_000)).toMatchObject({ kind: 'swapped' });
  });

  it.runIf(process.getuid?.() === 0)('refuses the repository of another user', async () => {
    const place = made();
    chownSync(place, 4711, 4711);
    const find = (environment: Record<string, string>) => findRepository(nodeFs, place, environment, 0);
    const safe = (value: string) => ({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: value,
    });
    const own = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    for (const environment of [own, { ...own, ...safe('/elsewhere') }])
      await expect(find(environment)).rejects.toThrow('belongs to another user');
    for (const value of ['*', realpathSync(place)])
      expect((await find({ ...own, ...safe(value) })).repository.workTree).toBeNull();
    chownSync(place, 0, 0);
  });

  it.each([
    ['a filter of attributes', ['.gitattributes', 'secret/** filter=git-crypt\n'], 'REFUSED'],
    ['signing', ['commit.gpgSign', 'true'], 'ENVIRONMENT'],
  ] as const)('does not write past %s', async (what, [name, value], code) => {
    const place = made();
    const isFile = what.startsWith('a filter');
    if (!isFile) git(place, 'config', name, value);
    const { store } = await openEmbedded(place);
    if (isFile) await swapAll(store, null, [commit({ [name]: value })]);
    const { revision } = await store.head();
    const swapped = store.swap(revision, [commit({ 'secret/a': '1' })], 10_000);
    if (isFile) expect(await swapped).toMatchObject({ kind: 'refused', scope: 'local', error: { code } });
    else await expect(swapped).rejects.toMatchObject({ code });
  });

  it('waits for a ref that another git has locked, and says so if the lock stays', async () => {
    const place = made();
    const { store } = await openEmbedded(place);
    const lock = join(place, 'refs/heads/main.lock');
    writeFileSync(lock, '');
    await expect(store.swap(null, [commit({ a: '1' })], 10_000)).rejects.toThrow(
      /another git is at work here/,
    );
    expect(readFileSync(lock, 'utf8')).toBe('');
    git(place, 'update-ref', '-d', 'refs/heads/none');
    writeFileSync(
      join(place, 'packed-refs'),
      `# pack-refs with: peeled\n${'1'.repeat(40)} refs/heads/main/below\n`,
    );
    rmSync(lock);
    await expect(store.swap(null, [commit({ a: '1' })], 10_000)).rejects.toThrow(/main\/below/);
    rmSync(join(place, 'packed-refs'));
  });
});
