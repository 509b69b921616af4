import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCode, readInstalledCode } from '../../../src/cli/start/code-cache.js';
import { keepCode } from '../../../src/cli/start/keep-code.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
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
/** Runs until code is kept: a first run is only noted. */
const keep = async () => {
  await version();
  await version();
};
const kept = () => (existsSync(folder) ? readdirSync(folder) : []);
const theOne = () => join(folder, kept()[0] as string);
const answered = { code: 0, stdout: expect.stringMatching(/^kgit\/\d/), stderr: '' };

describe('the code cache', () => {
  it('is made after a second run, in a folder for the user alone, and is as good for the next', async () => {
    expect(await version()).toMatchObject(answered);
    expect(kept()).toHaveLength(1);
    // The note of a first run.
    expect(statSync(theOne()).size).toBe(0);
    expect(await version()).toMatchObject(answered);
    expect(kept()).toHaveLength(1);
    expect(statSync(theOne()).size).toBeGreaterThan(10_000);
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
    await keep();
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
    await keep();
    for (const length of [0, 5, 1000]) {
      writeFileSync(theOne(), readFileSync(theOne()).subarray(0, length));
      expect(await version()).toMatchObject(answered);
      expect(statSync(theOne()).size).toBeGreaterThan(10_000);
    }
  });

  it('that others may write is neither read nor written', async () => {
    await keep();
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
    await keep();
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
    await version();
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

describe('code that an installer kept beside the program', () => {
  const program = temporaryFolder('kgit-installed-');
  const beside = join(program, 'dist/code');
  let good: string;
  /** Runs the installed program, as a user whose cache is empty. */
  const installed = (options: readonly string[] = [], env: NodeJS.ProcessEnv = { XDG_CACHE_HOME: cache }) =>
    execFileSync(process.execPath, [...options, join(program, 'bin/run.js'), 'version'], {
      cwd: cache,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
  const file = () => join(beside, readdirSync(beside)[0] as string);

  beforeAll(() => {
    const root = join(PROGRAM, '../..');
    for (const part of ['bin', 'dist/start.cjs', 'dist/program', 'dist/commands.json', 'package.json'])
      cpSync(join(root, part), join(program, part), { recursive: true });
    cpSync(join(root, 'oclif.manifest.json'), join(program, 'oclif.manifest.json'));
    const first = temporaryFolder();
    for (let i = 0; i < 2; i++) installed([], { XDG_CACHE_HOME: first });
    good = join(first, 'kgit/code');
  });
  beforeEach(() => {
    rmSync(beside, { recursive: true, force: true });
    cpSync(good, beside, { recursive: true });
    chmodSync(beside, 0o755);
    chmodSync(file(), 0o644);
  });

  it('is used as it is, however old, and then nothing is kept for the user', () => {
    utimesSync(file(), new Date(), new Date(0));
    const before = statSync(file());
    expect(installed()).toMatch(/^kgit\//);
    // Code that was not used would have been compiled and kept.
    expect(kept()).toEqual([]);
    expect(statSync(file())).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(installed([], { HOME: undefined, XDG_CACHE_HOME: undefined })).toMatch(/^kgit\//);
  });

  it.each<readonly [string, () => void]>([
    ['a file that the group can write', () => chmodSync(file(), 0o664)],
    ['a file that everybody can write', () => chmodSync(file(), 0o646)],
    ['a folder that the group can write', () => chmodSync(beside, 0o775)],
    [
      'a link to a file',
      () => {
        const name = file();
        renameSync(name, join(program, 'elsewhere'));
        symlinkSync(join(program, 'elsewhere'), name);
      },
    ],
    [
      'a link to a folder',
      () => {
        renameSync(beside, join(program, 'other-folder'));
        symlinkSync(join(program, 'other-folder'), beside);
      },
    ],
    [
      'a file with one bit turned',
      () => {
        const bytes = readFileSync(file());
        bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
        writeFileSync(file(), bytes);
      },
    ],
    [
      'the code of another program',
      () => renameSync(file(), file().replace(/[0-9a-f]{16}(?=-node)/, '0123456789abcdef')),
    ],
  ])('is ignored if it is %s', (_what, harm) => {
    harm();
    expect(installed()).toMatch(/^kgit\//);
    expect(kept()).toHaveLength(1);
  });

  it('is kept anew for a user whose V8 rejects it, and from then on not used', () => {
    expect(installed(['--no-opt'])).toMatch(/^kgit\//);
    expect(kept()).toHaveLength(1);
    const { ino, mtimeMs } = statSync(theOne());
    installed(['--no-opt']);
    expect(statSync(theOne())).toMatchObject({ ino, mtimeMs });
  });

  it('is not made if its script fails, which says so in one line and ends with 0', () => {
    rmSync(beside, { recursive: true });
    const scratch = temporaryFolder();
    const bin = temporaryFolder();
    writeFileSync(join(bin, 'git'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, TMPDIR: scratch };
    const ended = spawnSync(join(program, 'bin/keep-code.sh'), { cwd: cache, env, encoding: 'utf8' });
    expect(ended).toMatchObject({ status: 0, stdout: '' });
    expect(ended.stderr).toMatch(/^kgit keeps no compiled code for all users.*: kgit init state failed\n$/);
    expect(readdirSync(join(program, 'dist')).sort()).toEqual(['commands.json', 'program', 'start.cjs']);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('is of root or of the user, and so is its folder', () => {
    const isRoot = process.getuid?.() === 0;
    const name = 'main';
    keepCode(folder, name, new Map([['main.cjs', Buffer.from('code')]]));
    const seenBy = (uid: number) => {
      const getuid = vi.spyOn(process, 'getuid').mockReturnValue(uid);
      const seen = [readCode(folder, name), readInstalledCode(folder, name)].map(({ codes }) => codes.size);
      getuid.mockRestore();
      return { own: seen[0], installed: seen[1] };
    };
    expect(seenBy(statSync(folder).uid)).toEqual({ own: 1, installed: 1 });
    expect(seenBy(4711)).toEqual({ own: 0, installed: isRoot ? 1 : 0 });
    // Never due for the check that renews a user's own.
    expect(readInstalledCode(folder, name).checkedAt).toBeGreaterThan(Date.now());
    // Only root can give files away.
    if (!isRoot) return;
    chownSync(join(folder, name), 4711, 4711);
    expect(seenBy(0)).toEqual({ own: 0, installed: 0 });
    expect(seenBy(4711)).toEqual({ own: 0, installed: 1 });
    expect(seenBy(4712)).toEqual({ own: 0, installed: 0 });
    chownSync(join(folder, name), 0, 0);
    chownSync(folder, 4711, 4711);
    expect(seenBy(0)).toEqual({ own: 0, installed: 0 });
  });
});

it('the program starts from another folder, through a link, under another name', async () => {
  const link = join(cache, 'kubectl-kgit');
  symlinkSync(PROGRAM, link);
  expect(execFileSync(process.execPath, [link, 'version'], { cwd: cache, encoding: 'utf8' })).toMatch(
    /^kgit\//,
  );
});
