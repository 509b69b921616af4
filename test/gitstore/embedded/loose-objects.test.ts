/** What the embedded git makes of objects in files of their own that git did not write. */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import nodeFs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { objectId } from '../../../src/gitstore/embedded/packs/index-pack.js';
import type { FileSystem } from '../../../src/store/port/means.js';
import { openEmbedded } from '../../support/embedded-git.js';
import { bareRepository } from '../../support/git-fixtures.js';

const OID = objectId('blob', Buffer.from('abcd'));
const whole = (text: string | Buffer, type = 'blob', size = text.length) =>
  Buffer.concat([Buffer.from(`${type} ${size}\0`), Buffer.from(text)]);

describe('an object that is a file of its own', () => {
  it.each([
    ['empty', () => Buffer.alloc(0), 'is damaged'],
    ['not deflated', () => whole('abcd'), 'is damaged'],
    ['cut off', () => deflateSync(whole('abcd')).subarray(0, -6), 'is damaged'],
    ['another object', () => deflateSync(whole('abce')), 'is damaged'],
    ['of another size', () => deflateSync(whole('abcd', 'blob', 5)), 'is damaged'],
    ['of no type', () => deflateSync(whole('abcd', 'blub')), 'is damaged'],
    ['a text without a header', () => deflateSync('abcd'), 'is damaged'],
    ['a bomb', () => deflateSync(whole(Buffer.alloc(70_000_000))), 'is too large'],
  ])('and %s', async (_what, make, words) => {
    const path = bareRepository();
    const file = join(path, 'objects', OID.slice(0, 2), OID.slice(2));
    mkdirSync(dirname(file), { recursive: true });
    const { objects } = await openEmbedded(path);
    expect(await objects.object(OID)).toBeNull();
    writeFileSync(file, make());
    await expect(objects.object(OID)).rejects.toThrow(`the object ${OID} ${words}`);
    writeFileSync(file, deflateSync(whole('abcd')));
    expect(await objects.object(OID)).toEqual({ oid: OID, type: 'blob', data: Buffer.from('abcd') });
  });
});

it('is written although a git that packs objects removes the folder that was made for it', async () => {
  const path = bareRepository();
  const folder = join(path, 'objects', OID.slice(0, 2));
  let removed = 0;
  const open: FileSystem['open'] = (name, ...more) => {
    if (dirname(String(name)) === folder && existsSync(folder) && removed++ < 3) rmdirSync(folder);
    return nodeFs.open(name, ...more);
  };
  const { objects } = await openEmbedded(path, null, { fs: { ...nodeFs, open } });
  objects.make('blob', Buffer.from('abcd'));
  await objects.store();
  expect(removed).toBeGreaterThan(3);
  expect(await objects.has(OID)).toBe(true);
});
