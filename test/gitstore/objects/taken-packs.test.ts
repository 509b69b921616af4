import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { takePacks } from '../../../src/gitstore/objects/taken-packs.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

const NAME = `pack-${'a'.repeat(40)}`;
/** A folder on another file system than that of the folders for tests. */
const places = ['/dev/shm', '/tmp', join(import.meta.dirname, '../../../node_modules')];
const isOther = (place: string) => existsSync(place) && statSync(place).dev !== statSync(tmpdir()).dev;
const elsewhere = mkdtempSync(join(places.find(isOther) ?? 'no other file system', 'kgit-test-'));
afterAll(() => rmSync(elsewhere, { recursive: true }));

function packIn(folder: string, name = NAME): string {
  mkdirSync(folder, { recursive: true });
  for (const ending of ['pack', 'idx'])
    writeFileSync(join(folder, `${name}.${ending}`), ending, { mode: 0o444 });
  return join(folder, name);
}

function repository() {
  const commonDir = temporaryFolder();
  const packs = join(commonDir, 'objects/pack');
  mkdirSync(packs, { recursive: true });
  return { commonDir, packs };
}

it('packs of other clones are named in this one as well, once', async () => {
  const { commonDir, packs } = repository();
  const pack = packIn(temporaryFolder());
  for (const times of [1, 2]) {
    expect([times, await takePacks(commonDir, [pack])]).toEqual([times, true]);
    expect(readdirSync(packs)).toEqual([`${NAME}.idx`, `${NAME}.pack`]);
    expect(statSync(join(packs, `${NAME}.pack`)).nlink).toBe(2);
  }
});

it('packs on another file system are copied', async () => {
  const { commonDir, packs } = repository();
  const pack = packIn(elsewhere);
  expect(await takePacks(commonDir, [pack])).toBe(true);
  expect(readdirSync(packs)).toEqual([`${NAME}.idx`, `${NAME}.pack`]);
  for (const ending of ['pack', 'idx']) {
    const path = join(packs, `${NAME}.${ending}`);
    expect([readFileSync(path, 'utf8'), statSync(path).nlink, statSync(path).mode & 0o777]).toEqual([
      ending,
      1,
      0o444,
    ]);
  }
});

it.each([
  ['is gone', (folder: string) => join(folder, NAME)],
  ['has another name', (folder: string) => packIn(folder, 'config')],
  [
    'is too large to be one of kgit',
    () => {
      const pack = join(mkdtempSync(join(elsewhere, 'large-')), NAME);
      writeFileSync(`${pack}.pack`, Buffer.alloc(1024 * 1024 + 1));
      return pack;
    },
  ],
])('a pack that %s is not taken, and nothing of it is left', async (_what, make) => {
  const { commonDir, packs } = repository();
  expect(await takePacks(commonDir, [make(temporaryFolder())])).toBe(false);
  expect(readdirSync(packs)).toEqual([]);
});
