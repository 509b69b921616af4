import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Check, finding, passed } from '../../model/value/check.js';
import { hasCode } from '../../model/value/error-codes.js';

/** Temporary files older than this, in ms, belong to no live process. */
const STALE_MS = 60 * 60 * 1000;

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
      `${path} is not a writable folder`,
      `Take ownership of it: sudo chown -R "$(id -un)" ${commonDir}`,
    );
  }
  return passed('folder', `${folder} is writable`);
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
  if (first === undefined) return passed(name, 'none left behind');
  const more = stale.length > 1 ? ` and ${stale.length - 1} more` : '';
  const shown = stale.slice(0, 5).join(' ');
  return finding(
    name,
    `${first}${more}: left behind by a process that was killed`,
    `If no kgit or git process is running, remove them: rm -rf ${shown}`,
  );
}
