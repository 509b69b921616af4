import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { permissions } from '../../src/platform/file-modes.js';
import { readdir, readFile, stat, syncNames, writeNew } from '../../src/platform/small-files.js';
import { temporaryFolder } from '../support/git-fixtures.js';

const folder = () => temporaryFolder();

describe('readFile', () => {
  it('reads bytes and text', async () => {
    const path = join(folder(), 'file');
    writeFileSync(path, 'tür');
    expect(await readFile(path)).toEqual(Buffer.from('tür'));
    expect(await readFile(path, 'utf8')).toBe('tür');
  });

  it('rejects as node:fs/promises does', async () => {
    const path = folder();
    await expect(readFile(join(path, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readFile(path, 'utf8')).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it('refuses what has no end, and does not wait for a writer', async () => {
    const pipe = join(folder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(readFile(pipe)).rejects.toMatchObject({ code: 'EINVAL', path: pipe });
    await expect(readFile('/dev/zero')).rejects.toMatchObject({ code: 'EINVAL' });
  });
});

it('tells of files and folders as node:fs does', async () => {
  const path = folder();
  mkdirSync(join(path, 'inner'));
  writeFileSync(join(path, 'inner/file'), '12');
  expect((await stat(join(path, 'inner/file'))).size).toBe(2);
  expect((await stat(join(path, 'inner/file'), { bigint: true })).size).toBe(2n);
  expect(await readdir(path)).toEqual(['inner']);
  const all = await readdir(path, { withFileTypes: true, recursive: true });
  expect(all.map((entry) => [entry.name, entry.isFile()])).toEqual([
    ['inner', false],
    ['file', true],
  ]);
});

describe('writeNew', () => {
  const umask = process.umask();
  afterEach(() => process.umask(umask));

  it('writes a file that is not there yet', async () => {
    const path = join(folder(), 'file');
    await writeNew(path, 'one', { mode: 0o644, isSynced: true });
    await expect(writeNew(path, 'two', { mode: 0o644, isSynced: false })).rejects.toMatchObject({
      code: 'EEXIST',
    });
    expect(readFileSync(path, 'utf8')).toBe('one');
  });

  it('has the umask restrict a mode, unless it is exact', async () => {
    const path = folder();
    process.umask(0o077);
    await writeNew(join(path, 'masked'), '', { mode: 0o664, isSynced: false });
    await writeNew(join(path, 'exact'), '', { mode: 0o664, exactMode: 0o664, isSynced: false });
    expect(['masked', 'exact'].map((name) => permissions(statSync(join(path, name)).mode))).toEqual([
      0o600, 0o664,
    ]);
  });

  it('leaves nothing of a file that it could not write', async () => {
    const path = folder();
    const unwritable = { length: 1 } as unknown as Uint8Array;
    await expect(
      writeNew(join(path, 'file'), unwritable, { mode: 0o644, isSynced: false }),
    ).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(readdirSync(path)).toEqual([]);
  });
});

it('makes names durable, and says if there is no folder', async () => {
  const path = folder();
  await syncNames(path);
  await expect(syncNames(join(path, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
});
