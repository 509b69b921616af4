import { constants } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Check, finding, passed } from '../../model/value/check.js';
import { hasCode } from '../../model/value/error-codes.js';

const MEBIBYTE = 1024 * 1024;
const MIN_FREE = 100 * MEBIBYTE;
/** Temporary files older than this, in ms, belong to no live process. */
const STALE_MS = 60 * 60 * 1000;

async function nearestFolder(path: string): Promise<string> {
  try {
    return (await stat(path)).isDirectory() ? path : await nearestFolder(dirname(path));
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP') || dirname(path) === path) throw error;
    return nearestFolder(dirname(path));
  }
}

function sizeText(bytes: number): string {
  return bytes >= 1024 * MEBIBYTE
    ? `${(bytes / 1024 / MEBIBYTE).toFixed(1)} GiB`
    : `${Math.floor(bytes / MEBIBYTE)} MiB`;
}

/** Checks free space where kgit writes, once for each disk. */
export async function checkDisk(paths: readonly string[]): Promise<Check> {
  const disks = new Map<number, string>();
  for (const path of paths) {
    const folder = await nearestFolder(path);
    const { dev } = await stat(folder);
    if (!disks.has(dev)) disks.set(dev, folder);
  }
  const free: string[] = [];
  for (const folder of disks.values()) {
    const { bavail, bsize, blocks, files, ffree } = await statfs(folder);
    // Some network file systems report no sizes.
    if (blocks === 0) continue;
    const room = `${sizeText(bavail * bsize)} free at ${folder}`;
    const isFull = bavail * bsize < MIN_FREE || (files > 0 && ffree === 0);
    if (isFull)
      return finding(
        'disk',
        ffree === 0 ? `no file can be added at ${folder}` : room,
        'Free some space there',
      );
    free.push(room);
  }
  return passed('disk', free.join(', ') || 'its size is not told');
}

async function isWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ELOOP')) return false;
    throw error;
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw error;
  });
  return names.map((name) => join(folder, name));
}

/** Checks that the clone is writable: kgit's own folder, where writes go first, and git's objects. */
export async function checkFolders(commonDir: string, folder: string): Promise<Check> {
  const there = new Set(await filesOf(commonDir)).has(folder);
  const own = there ? [folder, ...(await subFolders(folder))] : [commonDir];
  for (const path of [...own, join(commonDir, 'objects'), join(commonDir, 'refs')]) {
    if (await isWritable(path)) continue;
    return finding(
      'folder',
      `${path} is not a folder that you can write`,
      `Give it to yourself: sudo chown -R "$(id -un)" ${commonDir}`,
    );
  }
  return passed('folder', `${folder} can be written`);
}

async function subFolders(folder: string): Promise<string[]> {
  const known = ['outbox', 'troubles', 'results'].map((name) => join(folder, name));
  const there = new Set(await filesOf(folder));
  return known.filter((path) => there.has(path));
}

/** Checks for files that killed processes left behind. */
export async function checkLeftovers(commonDir: string, folder: string, now: number): Promise<Check> {
  const name = 'temporary-files';
  const own = (await Promise.all([folder, ...(await subFolders(folder))].map(filesOf))).flat();
  const packs = await filesOf(join(commonDir, 'objects', 'pack'));
  const candidates = [
    ...own.filter((path) => /\.(tmp|stolen)$/.test(path)),
    ...packs.filter((path) => /\/(tmp_|\.tmp-)[^/]*$/.test(path)),
    join(commonDir, 'index.lock'),
  ];
  const stale: string[] = [];
  for (const path of candidates) {
    const written = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      (error: unknown) => {
        if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return null;
        throw error;
      },
    );
    if (written !== null && now - written > STALE_MS) stale.push(path);
  }
  const [first] = stale;
  if (first === undefined) return passed(name, 'none are left behind');
  const more = stale.length > 1 ? ` and ${stale.length - 1} more` : '';
  const shown = stale.slice(0, 5).join(' ');
  return finding(
    name,
    `${first}${more}: left behind by a process that was killed`,
    `If no kgit and no git is at work, remove them: rm -rf ${shown}`,
  );
}
