/** Objects that are read without git: as git reads them, or not at all. */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LocalObjects } from '../../../src/gitstore/objects/local-objects.js';
import { ObjectReader } from '../../../src/gitstore/objects/object-reader.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { commitFiles } from '../../support/state-repository.js';

/** A repository with packed objects, some of them deltas, and with others in files of their own. */
function repository(): string {
  const path = cloneOf(bareRepository());
  const text = (n: number) =>
    Array.from({ length: 200 }, (_, i) => `line ${i} ${i === n ? 'changed' : ''}\n`).join('');
  for (const n of [1, 2, 3]) commitFiles(path, { 'a/long.txt': text(n), [`b/${n}`]: `${n}\n` });
  git(path, 'gc', '--quiet', '--aggressive');
  commitFiles(path, { 'a/new': 'new\n', empty: '' });
  return path;
}
const shared = repository();
const dirOf = (path: string) => join(path, '.git');
const ids = (path: string) =>
  git(path, 'cat-file', '--batch-check=%(objectname)', '--batch-all-objects').split('\n');
/** Processes that this one has started. */
const children = () =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
const packOf = (path: string, ending: string) => {
  const folder = join(dirOf(path), 'objects/pack');
  return join(folder, readdirSync(folder).find((name) => name.endsWith(ending)) ?? '');
};

it('each object, and the tree of a commit, is what git says it is', async () => {
  const asked = new ObjectReader(new Git(shared, process.env));
  const all = [
    ...ids(shared),
    `${git(shared, 'rev-parse', 'main')}^{tree}`,
    `${git(shared, 'rev-parse', 'main~2')}^{tree}`,
  ];
  for (const name of all)
    expect(await new LocalObjects(dirOf(shared)).read(name)).toMatchObject((await asked.read(name)) ?? {});
  await asked.close();
});

it('what is at a path of a commit is what git finds there', async () => {
  const asked = new ObjectReader(new Git(shared, process.env));
  const [tip, root] = [git(shared, 'rev-parse', 'main'), git(shared, 'rev-parse', 'main~3')];
  const paths = [
    'a',
    'a/new',
    'a/long.txt',
    'b/3',
    'a/new/x',
    'none',
    'none/x',
    '.gitattributes',
    'a/.gitattributes',
    'é',
  ];
  for (const name of paths.flatMap((path) => [`${tip}:${path}`, `${root}:${path}`])) {
    const found = await new LocalObjects(dirOf(shared)).read(name);
    const told = await asked.read(name);
    expect(found === null ? null : { oid: found?.oid, type: found?.type, data: found?.data }).toEqual(told);
  }
  await asked.close();
  for (const path of ['./a', '../a', '/a', 'a/', ''])
    expect(await new LocalObjects(dirOf(shared)).read(`${tip}:${path}`)).toBeUndefined();
});

it('the same with a multi-pack-index, and with several packs', async () => {
  const path = repository();
  git(path, 'repack', '--quiet');
  commitFiles(path, { more: 'more\n' });
  git(path, 'repack', '--quiet');
  git(path, 'multi-pack-index', 'write');
  for (const id of ids(path))
    expect((await new LocalObjects(dirOf(path)).read(id))?.data).toEqual(
      await new ObjectReader(new Git(path, process.env)).read(id).then((found) => found?.data),
    );
});

it('git is asked for what is not here, is damaged, or has another name', async () => {
  const path = repository();
  const [loose = '', packed = ''] = [
    git(path, 'rev-parse', 'main:a/new'),
    git(path, 'rev-parse', 'main~1:a/long.txt'),
  ];
  const objects = () => new LocalObjects(dirOf(path));
  expect(await objects().read('0'.repeat(40))).toBeUndefined();
  for (const name of ['main', 'HEAD', `${loose}^{blob}`, `${loose}:x`, `${loose}^{tree}`])
    expect(await objects().read(name)).toBeUndefined();
  const file = join(dirOf(path), 'objects', loose.slice(0, 2), loose.slice(2));
  rmSync(file);
  writeFileSync(file, 'not compressed');
  expect(await objects().read(loose)).toBeUndefined();
  const pack = packOf(path, '.pack');
  const bytes = readFileSync(pack);
  rmSync(pack);
  writeFileSync(pack, bytes.fill(0, 20));
  expect(await objects().read(packed)).toBeUndefined();
  truncateSync(packOf(path, '.idx'), 100);
  expect(await objects().read(packed)).toBeUndefined();
});

it('a file that is larger than any object is left to git unread', async () => {
  const path = repository();
  const oid = git(path, 'rev-parse', 'main:a/new');
  const file = join(dirOf(path), 'objects', oid.slice(0, 2), oid.slice(2));
  rmSync(file);
  writeFileSync(file, '');
  truncateSync(file, 3 * 1024 ** 3);
  expect(await new LocalObjects(dirOf(path)).read(oid)).toBeUndefined();
});

it('a read that is under way when its reader is closed is answered, and leaves no process', async () => {
  const before = new Set(children());
  const reader = new ObjectReader(new Git(shared, process.env), new LocalObjects(dirOf(shared)));
  const late = reader.read('main');
  await reader.close();
  expect((await late)?.type).toBe('commit');
  await expect.poll(() => children().filter((id) => !before.has(id)), { timeout: PATIENCE_MS }).toEqual([]);
});

it('objects of another repository, and those that a server promised, come from git', async () => {
  const path = join(temporaryFolder(), 'borrowed');
  git('/', 'clone', '--quiet', '--shared', shared, path);
  const tip = git(path, 'rev-parse', 'HEAD');
  expect(await new LocalObjects(dirOf(path)).read(tip)).toBeUndefined();
  const reader = new ObjectReader(new Git(path, process.env), new LocalObjects(dirOf(path)));
  expect((await reader.read(tip))?.type).toBe('commit');
  await reader.close();
});

it('reads a few, and leaves the others to git, which reads many faster', async () => {
  const objects = new LocalObjects(dirOf(shared));
  const [tip, file] = [git(shared, 'rev-parse', 'main'), git(shared, 'rev-parse', 'main:a/new')];
  expect(await objects.read(tip)).toMatchObject({ type: 'commit' });
  const found = [];
  for (let n = 0; n < 20; n++) found.push(await objects.read(file));
  expect(found.filter((object) => object !== undefined)).toHaveLength(15);
  expect(await objects.read(`${tip}:a/new`)).toBeUndefined();
  expect(await objects.read(`${tip}^{tree}`)).toBeUndefined();
  // What it keeps needs no reading.
  expect(await objects.read(tip)).toMatchObject({ type: 'commit' });
  const made = { oid: '1'.repeat(40), type: 'tree', data: Buffer.alloc(0) };
  objects.keep(made);
  expect(await objects.read(made.oid)).toBe(made);
});

it('keeps no more than the newest trees and commits, up to 4 MiB', async () => {
  const objects = new LocalObjects(dirOf(shared));
  const idOf = (n: number) => n.toString(16).padStart(40, '0');
  const size = 128 * 1024;
  for (let n = 0; n < 40; n++) objects.keep({ oid: idOf(n), type: 'tree', data: Buffer.alloc(size) });
  // Kept already, so that it takes no room.
  for (let n = 0; n < 40; n++) objects.keep({ oid: idOf(39), type: 'tree', data: Buffer.alloc(size) });
  objects.keep({ oid: idOf(40), type: 'blob', data: Buffer.alloc(1) });
  objects.keep({ oid: idOf(41), type: 'tree', data: Buffer.alloc(300 * 1024) });
  const kept = [];
  for (let n = 0; n < 42; n++) if (await objects.read(idOf(n))) kept.push(n);
  expect(kept).toEqual(Array.from({ length: 32 }, (_, i) => i + 8));
});
