import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.js';
import type { Entry, StateView } from '../../../src/store/port/state-store.js';
import { emptyRepository, git } from '../../support/git-fixtures.js';
import { openGitStore } from '../../support/open-git-store.js';
import { commit } from '../../support/store-contract.js';

/** More than are read one by one. */
const FOLDERS = Array.from({ length: 300 }, (_, n) => `clusters/c${String(n).padStart(3, '0')}/events`);

/** A file in each of two folders of each; `changes` come on top. */
async function repository(changes: Readonly<Record<string, string | null>> = {}) {
  const path = emptyRepository();
  const store = await openGitStore(path);
  const files = FOLDERS.flatMap((folder) => ['a', 'b'].map((name) => [`${folder}/${name}/1`, `${folder}\n`]));
  await store.swap(null, [commit(Object.fromEntries(files))], 10_000);
  if (Object.keys(changes).length > 0)
    await store.swap((await store.head()).revision, [commit(changes)], 10_000);
  return { path, store, view: store.view((await store.head()).revision) };
}

const folderNames = (entries: readonly Entry[]) =>
  entries.flatMap(({ name, kind }) => (kind === 'folder' ? name : []));

async function listed(view: StateView): Promise<Map<string, readonly Entry[]>> {
  const found = new Map<string, readonly Entry[]>();
  await view.listBelow?.(FOLDERS, {
    choose: folderNames,
    take: (entries, place, name) => {
      found.set(`${FOLDERS[place]}/${name}`, entries);
      return name === 'b' ? ['1'] : [];
    },
  });
  return found;
}

it('lists what lies in many folders, whatever it keeps of it', async () => {
  const gone = { [`${FOLDERS[7]}`]: null, [`${FOLDERS[9]}/b`]: null, [`${FOLDERS[9]}/c`]: 'a file' };
  const { store, view } = await repository(gone);
  const there = FOLDERS.flatMap((folder, place) =>
    place === 7 ? [] : [`${folder}/a`, ...(place === 9 ? [] : [`${folder}/b`])],
  );
  for (const one of [view, store.view((await store.head()).revision)]) {
    const found = await listed(one);
    expect([...found.keys()].sort()).toEqual(there);
    for (const entries of found.values()) expect(entries).toEqual([{ name: '1', kind: 'file' }]);
  }
  for (const name of ['a', 'b'])
    expect(await view.read(`${FOLDERS[299]}/${name}/1`)).toBe(`${FOLDERS[299]}\n`);
  await store.close();
});

it('leaves out names before the first that are wanted, and takes files early, up to a number of them', async () => {
  const { path, store } = await repository({
    [`${FOLDERS[3]}/b/2`]: 'two\n',
    [`${FOLDERS[4]}/b/2`]: 'four\n',
  });
  git(path, 'read-tree', (await store.head()).revision as string);
  const link = git(path, 'rev-parse', `:${FOLDERS[3]}/b/2`);
  git(path, 'update-index', '--add', '--cacheinfo', `120000,${link},${FOLDERS[5]}/b/2`);
  const revision = git(path, 'commit-tree', '-m', 'x', git(path, 'write-tree'));
  for (const [most, expected] of [
    [2, 2],
    [3, 3],
    [9, 3],
  ] as const) {
    const early = new Map<string, string>();
    const listed: string[] = [];
    await store.view(revision).listBelow?.(FOLDERS, {
      from: { above: 'b', below: '2' },
      choose: (entries) => entries.map(({ name }) => name),
      take: (entries, place, name) => {
        listed.push(...entries.map((entry) => `${FOLDERS[place]}/${name}/${entry.name}`));
        return entries.map((entry) => entry.name);
      },
      early: {
        most,
        take: (file, place, text) => {
          expect(file.startsWith(`${FOLDERS[place]}/b/`)).toBe(true);
          try {
            early.set(file, text() ?? 'null');
          } catch (error) {
            early.set(file, String(error));
          }
        },
      },
    });
    const files = [3, 4, 5].map((place) => `${FOLDERS[place]}/b/2`);
    expect(listed.sort()).toEqual(files);
    expect(early.size).toBe(expected);
    const texts = ['two\n', 'four\n', expect.stringContaining('a symbolic link stands where a file should')];
    if (expected === 3) expect(files.map((file) => early.get(file))).toEqual(texts);
  }
  await store.close();
});

it('says which of many folders is none, and what the caller could not take', async () => {
  const { store, view } = await repository({ [`${FOLDERS[4]}`]: null, [`${FOLDERS[5]}/a`]: null });
  const revision = (await store.head()).revision;
  await expect(view.listBelow?.(FOLDERS, { choose: () => ['a'], take: () => [] })).resolves.toBeUndefined();
  const refused = new Error('not this one');
  const refuse = () => {
    throw refused;
  };
  await expect(store.view(revision).listBelow?.(FOLDERS, { choose: folderNames, take: refuse })).rejects.toBe(
    refused,
  );
  await expect(store.view(revision).listBelow?.(FOLDERS, { choose: refuse, take: () => [] })).rejects.toBe(
    refused,
  );
  await store.swap(revision, [commit({ [`${FOLDERS[4]}`]: 'a file' })], 10_000);
  const failure = listed(store.view((await store.head()).revision));
  await expect(failure).rejects.toThrow(`${FOLDERS[4]}: a file stands where a folder should`);
  await expect(failure).rejects.toThrow(InvalidStateError);
  await store.close();
});

it('says that the tree of one of many folders is missing', async () => {
  const { path, store } = await repository();
  const run = (input: string, ...args: string[]) =>
    execFileSync('git', args, { cwd: path, input, encoding: 'utf8' }).trim();
  const [root, folder, name] = [(await store.head()).revision, `${FOLDERS[6]}/a`.split('/'), 'tree'];
  let tree = '1'.repeat(40);
  for (let at = folder.length - 1; at >= 0; at--) {
    const above = run('', 'ls-tree', `${root}:${folder.slice(0, at).join('/')}`);
    const lines = above.replace(
      new RegExp(`${name} \\w+\t${folder[at]}$`, 'm'),
      `${name} ${tree}\t${folder[at]}`,
    );
    tree = run(`${lines}\n`, 'mktree', '--missing');
  }
  const author = ['-c', 'user.name=x', '-c', 'user.email=x@example.com'];
  const revision = run('', ...author, 'commit-tree', '-m', 'x', tree);
  await expect(listed(store.view(revision))).rejects.toThrow(`${FOLDERS[6]}/a: its object is missing`);
  await store.close();
});
