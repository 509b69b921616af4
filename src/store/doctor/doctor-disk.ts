import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Check, finding, passed } from '../../model/value/check.js';
import { hasCode } from '../../model/value/error-codes.js';

const MEBIBYTE = 1024 * 1024;
const MIN_FREE = 100 * MEBIBYTE;

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
  return passed('disk', free.join(', ') || 'its size is unknown');
}
