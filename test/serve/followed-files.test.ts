import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { FollowedFiles } from '../../src/serve/http/followed-files.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { PATIENCE_MS } from '../support/patience.js';

const opened: FollowedFiles<string>[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

/** Follows the files of a mounted secret, as Kubernetes lays them out. */
async function mounted(content: string, every?: number) {
  const folder = temporaryFolder();
  const notes: string[] = [];
  let number = 0;
  const replace = (text: string) => {
    number += 1;
    mkdirSync(join(folder, `..${number}`));
    writeFileSync(join(folder, `..${number}`, 'token'), text);
    symlinkSync(`..${number}`, join(folder, '..new'));
    renameSync(join(folder, '..new'), join(folder, '..data'));
  };
  replace(content);
  symlinkSync('..data/token', join(folder, 'token'));
  const parse = ([text = '']: readonly string[]) => {
    if (text === 'bad') throw new UsageError('this is no token');
    return text.toUpperCase();
  };
  const path = join(folder, 'token');
  const files = await FollowedFiles.open(
    { paths: [path], parse },
    { every, note: (text) => notes.push(text) },
  );
  opened.push(files);
  const values: string[] = [];
  files.onChange((value) => values.push(value));
  return { files, path, replace, notes, values };
}

describe('files that are followed', () => {
  it('count anew when they are replaced, and not when they are the same', async () => {
    const { files, replace, notes, values } = await mounted('one');
    expect(files.value).toBe('ONE');
    replace('one');
    await files.look();
    replace('two');
    await files.look();
    await files.look();
    expect([files.value, values, notes]).toEqual(['TWO', ['TWO'], []]);
  });

  it('are looked at by themselves', async () => {
    const { files, replace } = await mounted('one', 10);
    replace('two');
    await vi.waitFor(() => expect(files.value).toBe('TWO'), { timeout: PATIENCE_MS });
  });

  it('keep their last value while they cannot be used, which is told once', async () => {
    const { files, path, replace, notes, values } = await mounted('one');
    replace('bad');
    await files.look();
    await files.look();
    rmSync(path);
    await files.look();
    await files.look();
    expect([files.value, values]).toEqual(['ONE', []]);
    symlinkSync('..data/token', path);
    replace('three');
    await files.look();
    await files.look();
    expect([files.value, values]).toEqual(['THREE', ['THREE']]);
    expect(notes).toEqual([
      'this is no token; what it held before still counts',
      `${path} cannot be read; what it held before still counts`,
      `${path}: in use again`,
    ]);
  });

  it('must be there and small at the start', async () => {
    const follow = (path: string) =>
      FollowedFiles.open({ paths: [path], parse: () => '' }, { note: () => undefined });
    await expect(follow(join(temporaryFolder(), 'none'))).rejects.toThrow(/none cannot be read/);
    await expect(follow(temporaryFolder())).rejects.toThrow(/cannot be read/);
    await expect(follow('/dev/zero')).rejects.toThrow(/has more than 262144 bytes/);
  });
});
