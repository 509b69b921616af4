/** Commits that are made without git: the same as fast-import makes, or left to it. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildCommits } from '../../../src/gitstore/objects/fast-import.js';
import { LocalObjects } from '../../../src/gitstore/objects/local-objects.js';
import { ObjectReader } from '../../../src/gitstore/objects/object-reader.js';
import { packCommits } from '../../../src/gitstore/objects/packed-objects.js';
import { Git } from '../../../src/gitstore/process/git.js';
import type { Commit } from '../../../src/store/port/state-store.js';
import { bareRepository, cloneOf, fsck, git } from '../../support/git-fixtures.js';
import { commitFiles } from '../../support/state-repository.js';

const person = { name: 'Ä. Writer <x>', email: 'a b@example.com' };
const commit = (files: Record<string, string | null>): Commit => ({
  message: 'kgit: a write\n\ntrailer: 1\n',
  author: person,
  time: 1_700_000_000_123,
  published: 1_700_000_100_000,
  files: new Map(Object.entries(files)),
});
const CHAIN = [
  commit({ 'clusters/a/b/events/2026-11/1.yaml': 'id: 1\n', 'state.yaml': 'ü: 2\n', 'a.b': '' }),
  commit({ 'state.yaml': null, 'a/x': 'x', 'old/only': null }),
];

function repository() {
  const path = cloneOf(bareRepository());
  commitFiles(path, { 'old/only': '1\n', 'a.b': 'b\n', a0: '0\n' });
  const commonDir = join(path, '.git');
  const reader = new ObjectReader(new Git(path, process.env), new LocalObjects(commonDir));
  const base = git(path, 'rev-parse', 'main');
  const chain = { base, committer: person, committed: [1_700_000_100, 1_700_000_100] };
  const pack = (
    commits: readonly Commit[] = CHAIN,
    config: readonly (readonly [string, string])[] = [],
    on = base,
  ) =>
    packCommits({ commonDir, config: new Map(config) }, reader, commits, {
      ...chain,
      base: on,
      committed: commits.map(() => 1_700_000_100),
    });
  return { path, chain, pack, reader, packs: join(commonDir, 'objects/pack') };
}

it('are those of fast-import, byte for byte, in one pack that git finds whole', async () => {
  const { path, chain, pack, reader, packs } = repository();
  const made = await pack();
  const [stored = ''] = readdirSync(packs).filter((name) => name.endsWith('.pack'));
  git(path, 'index-pack', '-o', 'by-git.idx', join(packs, stored));
  const index = (file: string) => readFileSync(file).toString('hex');
  expect(index(join(packs, stored.replace(/pack$/, 'idx')))).toBe(index(join(path, 'by-git.idx')));
  expect(await reader.read(made?.revisions[1] ?? '')).toMatchObject({ type: 'commit' });
  expect(made?.revisions).toEqual(await buildCommits(new Git(path, process.env), CHAIN, chain));
  git(path, 'update-ref', 'refs/heads/made', made?.revisions[1] ?? '');
  fsck(path);
  const names = readdirSync(packs).filter((name) => !name.endsWith('.rev'));
  expect(names.filter((name) => name.startsWith('tmp'))).toEqual([]);
  for (const name of names) expect(statSync(join(packs, name)).mode & 0o777).toBe(0o444);
  await reader.close();
});

it('are left to git if they are many, or large, or the repository is an unusual one', async () => {
  const { path, pack, reader, packs } = repository();
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`f${i}`, '']));
  expect(await pack([commit(many)])).toBeNull();
  expect(await pack([commit({ large: 'x'.repeat(300_000) })])).toBeNull();
  expect(await pack(CHAIN, [['core.sharedrepository', 'group']])).toBeNull();
  expect(await pack(CHAIN, [['extensions.objectformat', 'sha256']])).toBeNull();
  // A copy of a large tree for each commit.
  const names = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`large/${i}`, '']));
  commitFiles(path, names);
  const base = git(path, 'rev-parse', 'main');
  const chain = (length: number) => Array.from({ length }, (_, i) => commit({ 'large/1': `${i}` }));
  expect(await pack(chain(2), [], base)).toBeNull();
  // Few files, and three objects for each.
  expect(await pack(Array.from({ length: 11 }, (_, i) => commit({ 'state.yaml': `${i}` })))).toBeNull();
  expect(readdirSync(packs)).toEqual([]);
  expect((await pack(chain(1), [], base))?.revisions).toHaveLength(1);
  expect((await pack())?.revisions).toHaveLength(2);
  await reader.close();
});

it('are left to git if the base is not here, or the disk takes nothing, and leave nothing behind', async () => {
  const { chain, pack, reader, packs, path } = repository();
  const missing = { ...chain, base: '1'.repeat(40) };
  const place = { commonDir: join(path, '.git'), config: new Map<string, string>() };
  expect(await packCommits(place, reader, CHAIN, missing)).toBeNull();
  renameSync(packs, `${packs}.aside`);
  expect(await pack()).toBeNull();
  mkdirSync(packs);
  const [, name = ''] = [await pack(), readdirSync(packs).find((each) => each.endsWith('.idx'))];
  rmSync(join(packs, name));
  // A folder in the place of the index.
  mkdirSync(join(packs, name));
  writeFileSync(join(packs, name, 'x'), '');
  expect(await pack()).toBeNull();
  expect(readdirSync(packs).filter((each) => each.startsWith('tmp'))).toEqual([]);
  await reader.close();
});
