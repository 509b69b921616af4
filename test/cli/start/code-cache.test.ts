import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { kgitProcess, PROGRAM } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { stateRepository } from '../../support/state-repository.js';

let cache: string;
let folder: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'kgit-cache-'));
  folder = join(cache, 'kgit', 'code');
});

const run = (args: readonly string[], cwd = cache) =>
  kgitProcess(cwd, args, { env: { XDG_CACHE_HOME: cache } });
const version = () => run(['version']);
const kept = () => (existsSync(folder) ? readdirSync(folder) : []);
const theOne = () => join(folder, kept()[0] as string);
const answered = { code: 0, stdout: expect.stringMatching(/^kgit\/\d/), stderr: '' };

describe('the code cache', () => {
  it('is made after a run, in a folder for the user alone, and is as good for the next', async () => {
    expect(await version()).toMatchObject(answered);
    expect(kept()).toHaveLength(1);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(theOne()).mode & 0o777).toBe(0o600);
    const { ino, mtimeMs } = statSync(theOne());
    expect(await version()).toMatchObject(answered);
    // Taken as it is: one that V8 rejected would have been replaced.
    expect(statSync(theOne())).toMatchObject({ ino, mtimeMs });
  });

  it('is named for program, Node and processor, and kept for each command', async () => {
    const path = stateRepository({ 'deployments/dep-a/state.yaml': 'region: eastus\n' });
    await version();
    await run(['get', 'region'], path);
    await run(['get', '--help'], path);
    const parts = kept().map((name) => /^[0-9a-f]{16}-node([\d.]+)-(\w+)-([a-z-]+)$/.exec(name)?.slice(1));
    const here = [process.versions.node, process.arch];
    expect(parts.sort()).toEqual([
      [...here, 'get'],
      [...here, 'help'],
      [...here, 'version'],
    ]);
  });

  it.each([
    [
      'one bit turned',
      (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1),
    ],
    ['its end zeroed', (bytes: Buffer) => bytes.fill(0, bytes.length - 4096)],
    ['its table broken', (bytes: Buffer) => bytes.writeInt32LE(0x7fffffff, 4)],
  ])('with %s is not used, and made anew', async (_what, harm) => {
    await version();
    const good = readFileSync(theOne());
    const bytes = Buffer.from(good);
    harm(bytes);
    writeFileSync(theOne(), bytes);
    expect(await version()).toMatchObject(answered);
    expect(readFileSync(theOne()).equals(bytes)).toBe(false);
    const { ino } = statSync(theOne());
    expect(await version()).toMatchObject(answered);
    expect(statSync(theOne()).ino).toBe(ino);
  });

  it('cut off, or of no length, is not used, and made anew', async () => {
    await version();
    for (const length of [0, 5, 1000]) {
      writeFileSync(theOne(), readFileSync(theOne()).subarray(0, length));
      expect(await version()).toMatchObject(answered);
      expect(statSync(theOne()).size).toBeGreaterThan(10_000);
    }
  });

  it('that others may write is neither read nor written', async () => {
    await version();
    chmodSync(folder, 0o777);
    const { ino } = statSync(theOne());
    // Of a run that does not read it, the first thing would be to replace it.
    expect(await version()).toMatchObject(answered);
    expect(statSync(theOne()).ino).toBe(ino);
    chmodSync(folder, 0o700);
    chmodSync(theOne(), 0o666);
    expect(await version()).toMatchObject(answered);
    expect(statSync(theOne()).mode & 0o777).toBe(0o600);
  });

  it('that is a link is not followed', async () => {
    await version();
    const name = kept()[0] as string;
    const target = join(cache, 'elsewhere');
    writeFileSync(target, readFileSync(theOne()));
    const other = mkdtempSync(join(tmpdir(), 'kgit-cache-'));
    mkdirSync(join(other, 'kgit', 'code'), { recursive: true, mode: 0o700 });
    symlinkSync(target, join(other, 'kgit', 'code', name));
    await kgitProcess(other, ['version'], { env: { XDG_CACHE_HOME: other } });
    expect(statSync(join(other, 'kgit', 'code', name)).ino).not.toBe(statSync(target).ino);
  });

  it('that cannot be written is gone without', async () => {
    writeFileSync(join(cache, 'kgit'), 'a file stands where the folder should');
    expect(await version()).toMatchObject(answered);
    const nowhere = { HOME: undefined, XDG_CACHE_HOME: undefined };
    expect(await kgitProcess(cache, ['version'], { env: nowhere })).toMatchObject(answered);
  });

  it('stands many processes at once', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, version));
    for (const one of runs) expect(one).toMatchObject(answered);
    expect(kept()).toHaveLength(1);
    const { ino } = statSync(theOne());
    await version();
    expect(statSync(theOne()).ino).toBe(ino);
  });

  it('takes in what a later run compiled beside it, once the time has come to look', async () => {
    const path = stateRepository({ 'deployments/dep-a/state.yaml': 'region: eastus\n' });
    await run(['push-event'], path);
    const small = statSync(theOne());
    const age = (ms: number) => utimesSync(theOne(), new Date(), new Date(Date.now() - ms));
    age(11 * 60 * 1000);
    await run(['push-event', 'backup_done', '--deployment', 'dep-a'], path);
    const grown = statSync(theOne());
    expect(grown.size).toBeGreaterThan(small.size * 1.1);
    age(11 * 60 * 1000);
    await run(['push-event', 'backup_done', '--deployment', 'dep-a'], path);
    // Found to be good: noted, not written anew.
    expect(statSync(theOne()).ino).toBe(grown.ino);
    expect(Date.now() - statSync(theOne()).mtimeMs).toBeLessThan(PATIENCE_MS);
  });

  it('keeps 64 files, the newest', async () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (let i = 0; i < 70; i++) {
      const file = join(folder, `old-${i}`);
      writeFileSync(file, '');
      utimesSync(file, new Date(), new Date(Date.UTC(2020, 0, 1) + i));
    }
    await version();
    expect(kept()).toHaveLength(64);
    expect(kept()).not.toContain('old-6');
    expect(kept()).toContain('old-7');
  });

  it('makes no difference to what fails', async () => {
    const results = [await run(['gte']), await run(['gte'])];
    for (const result of results) expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(results[0]?.stderr).toBe(results[1]?.stderr);
  });
});

it('the program starts from another folder, through a link, under another name', async () => {
  const link = join(cache, 'kubectl-kgit');
  symlinkSync(PROGRAM, link);
  const { execFileSync } = await import('node:child_process');
  expect(execFileSync(process.execPath, [link, 'version'], { cwd: cache, encoding: 'utf8' })).toMatch(
    /^kgit\//,
  );
});
