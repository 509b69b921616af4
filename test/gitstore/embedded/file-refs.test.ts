import fs, { existsSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FileRefs, REF_NAME } from '../../../src/gitstore/embedded/file-refs.js';
import { LockFiles } from '../../../src/gitstore/embedded/lock-files.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import type { FileSystem } from '../../../src/store/port/means.js';
import { bareRepository } from '../../support/git-fixtures.js';

const [ONE, TWO] = ['1'.repeat(40), '2'.repeat(40)];
const MAIN = 'refs/heads/main';
const X = 'refs/kgit/x';
/** A process that is gone. */
const dead = { ...thisHost, pid: 999_999, processStart: () => null };
let path: string;
let lock: string;
let records: string;
beforeEach(() => {
  path = bareRepository();
  lock = join(path, `${MAIN}.lock`);
  records = join(path, 'kgit/ref-locks');
});

const opened = (more: Partial<FileSystem> = {}, host = thisHost) => {
  const fs = { ...nodeFs, ...more };
  const folder = join(path, 'kgit');
  return new FileRefs(
    { fs, commonDir: path },
    new LockFiles({ fs, commonDir: path, folder, host, clock: systemClock }),
  );
};

/** Files that block others: locks, and the records of them. */
const leftovers = () => [
  ...readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.lock')),
  ...readdirSync(records),
];

describe('refs in files', () => {
  it('leave the lock that another takes once the own one is released', async () => {
    const rename: FileSystem['rename'] = async (from, to) => {
      await nodeFs.rename(from, to);
      if (from === lock) writeFileSync(lock, 'of another git');
    };
    expect(await opened({ rename }).apply([`create ${MAIN} ${ONE}\n`])).toBeNull();
    expect(readFileSync(lock, 'utf8')).toBe('of another git');
    expect(readFileSync(join(path, MAIN), 'utf8')).toBe(`${ONE}\n`);
  });

  it('move together or not at all if a lock cannot be written', async () => {
    const refs = opened();
    await refs.apply([`create ${MAIN} ${ONE}\n`, `create refs/kgit/x ${ONE}\n`]);
    const open: FileSystem['open'] = async (name, ...more) => {
      const handle = await nodeFs.open(name, ...more);
      if (String(name).startsWith(join(path, 'refs/kgit/x.')))
        handle.writeFile = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      return handle;
    };
    const moves = [`update ${MAIN} ${TWO} ${ONE}\n`, `update refs/kgit/x ${TWO} ${ONE}\n`];
    await expect(opened({ open }).apply(moves)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
    expect([...(await refs.read([MAIN, 'refs/kgit/x'])).values()]).toEqual([ONE, ONE]);
    expect(existsSync(lock) || existsSync(join(path, 'refs/kgit/x.lock'))).toBe(false);
  });

  it('free the locks of a process that was killed', async () => {
    // The process ends with its locks in hand.
    const rename: FileSystem['rename'] = () => new Promise(() => undefined);
    void opened({ rename }, dead).apply([`create ${MAIN} ${ONE}\n`]);
    await expect.poll(() => existsSync(lock)).toBe(true);
    expect(await opened().apply([`create ${MAIN} ${TWO}\n`])).toBeNull();
    expect(existsSync(lock)).toBe(false);
  });

  it('leave the lock of another git where a process that was killed had one', async () => {
    const rename: FileSystem['rename'] = () => new Promise(() => undefined);
    void opened({ rename }, dead).apply([`create ${MAIN} ${ONE}\n`]);
    await expect.poll(() => existsSync(lock)).toBe(true);
    unlinkSync(lock);
    writeFileSync(lock, 'of another git');
    await opened().removeLeftBehind();
    expect(readFileSync(lock, 'utf8')).toBe('of another git');
    expect(readdirSync(records)).toEqual([]);
  });

  it.each(['packed-refs', MAIN, X])(
    'move and go together where a process was killed before %s',
    async (at) => {
      await opened().apply([`create ${MAIN} ${ONE}\n`, `create ${X} ${ONE}\n`]);
      writeFileSync(join(path, 'packed-refs'), `${ONE} ${MAIN}\n${ONE} ${X}\n`);
      let isKilled = false;
      const killedBefore =
        <A extends unknown[]>(call: (...args: A) => Promise<void>, name: string) =>
        (...args: A): Promise<void> => {
          isKilled ||= args.includes(join(path, name));
          return isKilled ? new Promise(() => undefined) : call(...args);
        };
      const rename: FileSystem['rename'] = killedBefore(nodeFs.rename, `${at}.lock`);
      const unlink: FileSystem['unlink'] = killedBefore(nodeFs.unlink, at);
      void opened({ rename, unlink }, dead).apply([`delete ${MAIN} ${ONE}\n`, `update ${X} ${TWO} ${ONE}\n`]);
      await expect.poll(() => isKilled).toBe(true);
      const refs = opened();
      await refs.removeLeftBehind();
      expect(await refs.list(['refs/'])).toEqual(new Map([[X, TWO]]));
      expect(leftovers()).toEqual([]);
    },
  );

  it('are moved by whoever is next if the disk fails between two of them', async () => {
    await opened().apply([`create ${MAIN} ${ONE}\n`, `create ${X} ${ONE}\n`]);
    const rename: FileSystem['rename'] = async (from, to) => {
      if (to === join(path, X)) throw Object.assign(new Error('failed'), { code: 'EIO' });
      await nodeFs.rename(from, to);
    };
    const moves = [`update ${MAIN} ${TWO} ${ONE}\n`, `update ${X} ${TWO} ${ONE}\n`];
    await expect(opened({ rename }).apply(moves)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
    expect(await opened().apply([`delete ${X} ${TWO}\n`])).toBeNull();
    expect(await opened().list(['refs/'])).toEqual(new Map([[MAIN, TWO]]));
    expect(leftovers()).toEqual([]);
  });

  it('are recorded durably before the first lock', async () => {
    const synced = new Set<number>();
    const sync = vi.spyOn(fs, 'fsync').mockImplementation((file, done) => {
      synced.add(fs.fstatSync(file).ino);
      done(null);
    });
    const durable: boolean[] = [];
    const link: FileSystem['link'] = async (from, to) => {
      const [name = ''] = readdirSync(records);
      durable.push(...[records, join(records, name)].map((each) => synced.has(statSync(each).ino)));
      await nodeFs.link(from, to);
    };
    expect(await opened({ link }).apply([`create ${MAIN} ${ONE}\n`])).toBeNull();
    sync.mockRestore();
    expect(durable).toEqual([true, true]);
  });

  it('that are empty or garbled are told, and no older packed value is taken', async () => {
    writeFileSync(join(path, 'packed-refs'), `${ONE} ${MAIN}\n`);
    const refs = opened();
    expect((await refs.read([MAIN])).get(MAIN)).toBe(ONE);
    for (const text of ['', 'x\n', 'ref: refs/heads/../../x\n']) {
      writeFileSync(join(path, MAIN), text);
      const broken = { code: 'ENVIRONMENT', message: expect.stringContaining(MAIN) };
      await expect(refs.read([MAIN])).rejects.toMatchObject(broken);
      await expect(refs.list(['refs/heads'])).rejects.toMatchObject(broken);
    }
  });

  it('have names that lead nowhere else', async () => {
    for (const name of ['refs/heads/main', 'refs/kgit/remote/a.b/ü', 'HEAD', 'refs/heads/@'])
      expect(name).toMatch(REF_NAME);
    for (const name of [
      ...['refs/kgit/locks/../../x', 'refs/heads/.x', 'refs//x', 'refs/heads/x.lock', 'refs/heads/x/'],
      ...['refs/heads/a b', 'refs/heads/a\\b', 'refs/heads/a@{1}', 'x', 'refs/heads/x.lock/y', '/refs/x'],
    ])
      expect(name).not.toMatch(REF_NAME);
    const refs = opened();
    await expect(refs.apply([`create refs/heads/../../x ${ONE}\n`])).rejects.toThrow(RangeError);
  });
});
