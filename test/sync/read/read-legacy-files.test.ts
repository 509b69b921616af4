import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { NotFoundError } from '../../../src/errors.js';
import { readLegacyFiles } from '../../../src/sync/read/read-legacy-files.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { layOut } from '../import-support.js';

let root: string;
let state: string;
beforeEach(() => {
  ({ root } = layOut());
  state = join(root, 'state');
});

async function problems(...paths: string[]) {
  const files = await readLegacyFiles(paths);
  return Object.fromEntries(
    files.filter(({ problem }) => problem).map(({ path, problem }) => [path, problem?.message]),
  );
}

describe('readLegacyFiles', () => {
  it('reads a state folder, the folder that holds it, or single files, in a stable order', async () => {
    const names = (await readLegacyFiles([state])).map(({ path }) => path);
    expect(names).toHaveLength(8);
    expect(names).toEqual([...names].sort());
    const above = await readLegacyFiles([root]);
    expect(above.map(({ path }) => path)).toEqual(names.map((name) => `state/${name}`));
    expect(above.every(({ text }) => text !== null)).toBe(true);
    const single = join(state, 'kof-state.yaml');
    expect((await readLegacyFiles([single])).map(({ path }) => path)).toEqual(['kof-state.yaml']);
    const two = await readLegacyFiles([single, join(state, 'azure-state.yaml')]);
    expect(two.map(({ path }) => path)).toEqual([single, join(state, 'azure-state.yaml')]);
    expect(new Set(two.map(({ folder }) => folder)).size).toBe(1);
  });

  it('opens nothing but state and event files', async () => {
    mkdirSync(join(state, 'old.yaml'));
    writeFileSync(join(state, 'values.yaml'), 'a: 1\n');
    const files = await readLegacyFiles([state]);
    const values = files.find(({ path }) => path === 'values.yaml');
    expect(values).toMatchObject({ text: null, problem: null });
    expect(files.map(({ path }) => path).join()).not.toMatch(/notifier|old/);
  });

  it('follows no symbolic link and opens no pipe', async () => {
    const target = join(root, 'elsewhere.yaml');
    writeFileSync(target, 'deployment_id: x\n');
    symlinkSync(target, join(state, 'cluster-a-events.yaml'));
    execFileSync('mkfifo', [join(state, 'cluster-b-events.yaml')]);
    expect(await problems(state)).toEqual({
      'cluster-a-events.yaml': 'is a symbolic link, which is not followed',
      'cluster-b-events.yaml': 'is not a regular file',
    });
    const above = join(root, 'above');
    mkdirSync(above);
    symlinkSync(state, join(above, 'state'));
    expect(await problems(above)).toEqual({ state: 'is a symbolic link, which is not followed' });
  });

  it('reports what is too large or no text, and takes a byte order mark away', async () => {
    const huge = join(state, 'cluster-a-events.yaml');
    writeFileSync(huge, '');
    truncateSync(huge, 9 * 1024 * 1024);
    writeFileSync(
      join(state, 'cluster-b-events.yaml'),
      Buffer.from('\ufeffevents: []\n', 'utf16le').subarray(1),
    );
    writeFileSync(join(state, 'cluster-c-events.yaml'), '\ufeffevents: []\r\n');
    expect(await problems(state)).toEqual({
      'cluster-a-events.yaml': 'is larger than 8 MiB',
      'cluster-b-events.yaml': 'is not valid UTF-8',
    });
    writeFileSync(join(state, 'cluster-d-events.yaml'), Buffer.from('events: []\nx: \xff\n', 'latin1'));
    const [bad] = await readLegacyFiles([join(state, 'cluster-d-events.yaml')]);
    expect(bad?.problem).toEqual({ message: 'is not valid UTF-8', line: 2, column: 4 });
    const files = await readLegacyFiles([join(state, 'cluster-c-events.yaml')]);
    expect(files[0]?.text).toBe('events: []\r\n');
  });

  it('says when there is nothing', async () => {
    const empty = join(root, 'empty');
    mkdirSync(empty);
    await expect(readLegacyFiles([empty])).rejects.toThrow(NotFoundError);
    await expect(readLegacyFiles([join(root, 'none')])).rejects.toThrow(NotFoundError);
  });
});

describe('a folder that holds the checkout of the scripts', () => {
  const checkout = (root: string, name: string) => {
    mkdirSync(join(root, name, 'state'), { recursive: true });
    writeFileSync(join(root, name, 'state', 'deployment-events.yaml'), 'events: []\n');
  };

  it('is looked into where it holds one, and refused where it holds several', async () => {
    const root = temporaryFolder();
    checkout(root, 'one');
    expect((await readLegacyFiles([root])).map(({ path }) => path)).toEqual([
      'one/state/deployment-events.yaml',
    ]);
    checkout(root, 'two');
    await expect(readLegacyFiles([root])).rejects.toThrow('holds 2 state folders: one/state, two/state');
  });
});
