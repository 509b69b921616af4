/** Packs, read without the git program: against the git program, and against damage. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { readPack } from '../../../src/gitstore/embedded/packs/index-pack.js';
import { applyDelta, entryHeader } from '../../../src/gitstore/embedded/packs/pack-entry.js';
import { formatIndex } from '../../../src/gitstore/embedded/packs/pack-index.js';
import { StoredObjects } from '../../../src/gitstore/embedded/stored-objects.js';
import type { FileSystem } from '../../../src/store/port/means.js';
import { bareRepository, git, temporaryFolder } from '../../support/git-fixtures.js';

/** Runs git with an input. */
const fed = (cwd: string, input: string | Buffer, ...args: string[]) =>
  execFileSync('git', args, { cwd, input, encoding: 'utf8' }).trim();

/** A repository whose commits change one file in a folder of 300, all in one pack with long chains of deltas. */
function packedRepository(): string {
  const path = bareRepository();
  const stream = ['blob\nmark :1\ndata 6\nfirst\n\n'];
  for (let n = 0; n < 120; n++) {
    const line = (i: number) => `line ${i} ${i === n % 60 ? `changed by ${n}` : 'as it was'}\n`;
    const text = Array.from({ length: 60 }, (_, i) => line(i)).join('');
    stream.push(
      `commit refs/heads/main\ncommitter a <a@b> ${1_700_000_000 + n} +0000\ndata 3\nc${n % 10}\n\n`,
    );
    if (n === 0) for (let i = 0; i < 300; i++) stream.push(`M 100644 :1 folder/file-${i}\n`);
    stream.push(`M 100644 inline folder/file-${n}\ndata ${text.length}\n${text}\n`);
  }
  fed(path, stream.join(''), 'fast-import', '--quiet');
  git(path, 'tag', '--annotate', '--message=tag', 'v1', 'main');
  git(path, 'repack', '-a', '-d', '-f', '--depth=50', '--window=50', '--quiet');
  return path;
}
const shared = packedRepository();

const packIn = (path: string, ending = '.pack') => {
  const folder = join(path, 'objects/pack');
  const [name = ''] = readdirSync(folder).filter((each) => each.endsWith(ending));
  return join(folder, name);
};
const objectsOf = (commonDir: string, fs: FileSystem = nodeFs) =>
  new StoredObjects({ fs, commonDir, fetchMissing: null });
const listed = (path: string) =>
  git(path, 'cat-file', '--batch-check', '--batch-all-objects')
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [oid: string, type: string, size: string]);

it('reads each object of a pack as git does', async () => {
  const objects = objectsOf(shared);
  const all = listed(shared);
  expect(all.length).toBeGreaterThan(480);
  // How long they are depends on how git shares the work among its threads.
  expect(git(shared, 'verify-pack', '-v', packIn(shared))).toMatch(/chain length = [2-5]\d/);
  for (const [oid, type, size] of all) {
    const object = await objects.object(oid);
    expect([object?.type, String(object?.data.length)]).toEqual([type, size]);
    const id = createHash('sha1')
      .update(`${type} ${size}\0`)
      .update(object?.data ?? '');
    expect(id.digest('hex')).toBe(oid);
  }
  expect(await objects.object('0'.repeat(40))).toBe(null);
});

it.each([[[]], [['--delta-base-offset']]])('makes the index that git makes of a pack (%j)', async (how) => {
  const base = join(temporaryFolder(), 'pack');
  fed(shared, '', 'pack-objects', '--all', '--revs', '-q', ...how, base);
  const [pack = ''] = readdirSync(join(base, '..')).filter((name) => name.endsWith('.pack'));
  const path = join(base, '..', pack);
  const data = readFileSync(path);
  const ids: string[] = [];
  const entries = await readPack(data, ({ oid }) => ids.push(oid));
  expect(formatIndex(entries, data.subarray(-20)).equals(readFileSync(path.replace(/pack$/, 'idx')))).toBe(
    true,
  );
  expect(ids.sort()).toEqual(listed(shared).map(([oid]) => oid));
});

it('reads an object without the rest of its pack', async () => {
  const path = packedRepository();
  // Half of the pack is a file that does not compress.
  const parts = Array.from({ length: 50_000 }, (_, i) => createHash('sha1').update(`${i}`).digest());
  const large = Buffer.concat(parts);
  const oid = fed(path, large, 'hash-object', '-w', '--stdin');
  git(path, 'update-ref', 'refs/kept', fed(path, `100644 blob ${oid}\tlarge\n`, 'mktree'));
  git(path, 'repack', '-a', '-d', '--quiet');
  let bytes = 0;
  const fs: FileSystem = {
    ...nodeFs,
    readFile: ((...args: Parameters<typeof nodeFs.readFile>) => {
      throw new Error(`the whole of ${String(args[0])}`);
    }) as typeof nodeFs.readFile,
    open: async (...args) => {
      const handle = await nodeFs.open(...args);
      const read = handle.read.bind(handle);
      handle.read = (async (...how: Parameters<typeof read>) => {
        const found = await read(...how);
        bytes += found.bytesRead;
        return found;
      }) as typeof handle.read;
      return handle;
    },
  };
  const tip = git(path, 'rev-parse', 'main').trim();
  const file = await objectsOf(path, fs).read(`${tip}:folder/file-7`);
  expect(file?.data.toString()).toContain('changed by 7');
  expect(bytes).toBeLessThan(readFileSync(packIn(path)).length / 4);
  expect((await objectsOf(path).object(oid))?.data.equals(large)).toBe(true);
});

it('goes on where git has joined packs, or put single files into one', async () => {
  const path = packedRepository();
  const objects = objectsOf(path);
  const others = objectsOf(path);
  const tip = git(path, 'rev-parse', 'main').trim();
  for (const each of [objects, others]) expect(await each.has(tip)).toBe(true);
  const oid = fed(path, 'new', 'hash-object', '-w', '--stdin');
  expect((await objects.object(oid))?.data.toString()).toBe('new');
  git(path, 'update-ref', 'refs/kept', oid);
  git(path, 'repack', '-a', '-d', '-f', '--quiet', '--window=1');
  git(path, 'prune-packed');
  for (const [each] of listed(path)) expect(await objects.has(each)).toBe(true);
  const all = await Promise.all(listed(path).map(([each]) => others.object(each)));
  expect(all).not.toContain(null);
  expect((await objects.object(oid))?.data.toString()).toBe('new');
  expect((await objects.read(`${tip}:folder/file-3`))?.data.toString()).toContain('changed by 3');
});

it('finds what an abbreviated id can mean', async () => {
  const ids = listed(shared).map(([oid]) => oid);
  const [oid = ''] = ids;
  const objects = objectsOf(shared);
  for (const length of [2, 4, 12, 40])
    expect((await objects.beginningWith(oid.slice(0, length))).sort()).toEqual(
      ids.filter((id) => id.startsWith(oid.slice(0, length))),
    );
});

it('refuses a damaged pack on disk', async () => {
  const path = packedRepository();
  const pack = readFileSync(packIn(path));
  const tip = git(path, 'rev-parse', 'main').trim();
  const name = packIn(path);
  rmSync(name);
  for (const bad of [pack.subarray(0, 20), Buffer.alloc(pack.length), Buffer.alloc(pack.length, 255)]) {
    writeFileSync(name, bad);
    await expect(objectsOf(path).object(tip)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  }
  writeFileSync(name, pack);
  const index = packIn(path, '.idx');
  const good = readFileSync(index);
  rmSync(index);
  // It says that it has 4 billion objects that begin as the tip does.
  const boasting = Buffer.from(good);
  boasting.fill(0, 8, 8 + 256 * 4).fill(255, 8 + Number.parseInt(tip.slice(0, 2), 16) * 4, 8 + 256 * 4);
  for (const bad of [Buffer.alloc(0), good.subarray(0, 1_100), Buffer.alloc(good.length, 255), boasting]) {
    writeFileSync(index, bad);
    await expect(objectsOf(path).object(tip)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  }
});

const packOfEntries = (count: number, ...entries: Buffer[]) => {
  const header = Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  const body = Buffer.concat([header, ...entries]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
};
const blob = Buffer.concat([Buffer.from([0x33]), deflateSync('abc')]);
const refDelta = (base: string, delta: Buffer) =>
  Buffer.concat([Buffer.from([0x70 | delta.length]), Buffer.from(base, 'hex'), deflateSync(delta)]);
const delta = Buffer.from([3, 3, 0x90, 3]);
const zeros = Buffer.concat([Buffer.from([0x33]), deflateSync(Buffer.alloc(1 << 20))]);

it.each([
  ['more objects than bytes', packOfEntries(0xffff_ffff, blob)],
  ['fewer objects than it holds', packOfEntries(1, blob, blob)],
  ['more objects than it holds', packOfEntries(2, blob)],
  ['a delta whose base is not there', packOfEntries(1, refDelta('1'.repeat(40), delta))],
  [
    'a delta of itself',
    packOfEntries(1, refDelta(createHash('sha1').update('blob 3\0abc').digest('hex'), delta)),
  ],
  [
    'a delta whose base is before the pack',
    packOfEntries(2, blob, Buffer.from([0x64, 0x7f]), deflateSync(delta)),
  ],
  ['an object longer than it says', packOfEntries(1, zeros)],
  ['an object of 4 GiB', packOfEntries(1, Buffer.from([0xbf, 0xff, 0xff, 0xff, 0x7f]), blob)],
  ['an object of no type', packOfEntries(1, Buffer.from([0x53]), deflateSync('abc'))],
  ['content that is not compressed', packOfEntries(1, Buffer.from([0x33]), Buffer.from('not compressed'))],
])('refuses a pack with %s', async (_, pack) => {
  await expect(readPack(pack)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
});

it('stores nothing of a damaged pack, then or later', async () => {
  const path = bareRepository();
  const objects = objectsOf(path);
  const whole = { isPromised: false, needed: [], cut: new Set<string>() };
  const bad = packOfEntries(2, blob, refDelta('1'.repeat(40), delta));
  await expect(objects.addPack(bad, whole)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  const made = objects.make('blob', Buffer.from('made here'));
  await objects.store();
  expect(listed(path).map(([oid]) => oid)).toEqual([made]);
  expect(await objects.addPack(packOfEntries(1, blob), whole)).toBe(true);
  expect(listed(path).length).toBe(2);
});

it('refuses an entry whose size is padded without end', () => {
  const padded = Buffer.concat([Buffer.from([0xb3]), Buffer.alloc(200, 0x80), Buffer.from([0])]);
  expect(entryHeader(Buffer.from([0xb3, 0x80, 0]), 0, 12).size).toBe(3);
  expect(() => entryHeader(padded, 0, 12)).toThrow('a pack is damaged');
});

it('resolves the deltas of an object once where the pack has it several times', async () => {
  // Each text is longer than the one before, and each delta is in the pack twice: 2 to the power of 40 ways lead to the last.
  const entries = [blob, blob];
  let text = 'abc';
  for (let n = 0; n < 40; n++) {
    const base = createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex');
    const longer = Buffer.from([text.length, text.length + 1, 0x90, text.length, 1, 120]);
    entries.push(refDelta(base, longer), refDelta(base, longer));
    text += 'x';
  }
  const ids: string[] = [];
  const { count } = await readPack(packOfEntries(entries.length, ...entries), ({ oid }) => ids.push(oid));
  expect([count, ids.length, new Set(ids).size]).toEqual([82, 82, 41]);
});

it.each([
  ['another base', [4, 3, 0x90, 3]],
  ['a copy beyond the base', [3, 4, 0x90, 4]],
  ['more than its size', [3, 2, 0x90, 3]],
  ['less than its size', [3, 4, 0x90, 3]],
  ['a size beyond the limit', [3, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['a size of endless bytes of no value', [3, ...new Array<number>(200).fill(0x80), 0, 0x90, 3]],
  ['an order of no bytes', [3, 3, 0]],
  ['text that is cut off', [3, 3, 3, 97]],
])('refuses a delta for or with %s', (_, bytes) => {
  expect(applyDelta(Buffer.from('abc'), delta).toString()).toBe('abc');
  expect(() => applyDelta(Buffer.from('abc'), Buffer.from(bytes))).toThrow(/damaged|too large/);
});
