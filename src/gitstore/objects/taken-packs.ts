import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { READ_ONLY_FILE } from '../../platform/file-modes.js';
import { readFile, rename, stat, writeNew } from '../../platform/small-files.js';
import { cannotKeep, nameTwice, removeFile } from '../../store/local/durable-files.js';

/** The path of a pack without its ending, as git names packs of SHA-1 objects. */
const PACK = /\/pack-[0-9a-f]{40}$/;
/** Largest file of a pack that is taken, in bytes: kgit makes no larger ones itself. */
const MAX_BYTES = 1024 * 1024;

/**
 * Takes packs that other clones on this machine have made into the repository.
 * @param commonDir the folder that all worktrees share
 * @param packs their paths without endings
 * @returns false if one is not there any more; those before it are taken
 */
export async function takePacks(commonDir: string, packs: readonly string[]): Promise<boolean> {
  const folder = join(commonDir, 'objects/pack');
  for (const pack of packs) {
    if (!PACK.test(pack)) return false;
    // The index makes the pack count, so it is named last.
    for (const ending of ['.pack', '.idx'])
      if (!(await takeFile(pack + ending, join(folder, basename(pack) + ending)))) return false;
  }
  return true;
}

/** Names a file in another folder as well, or copies it there. Throws EnvironmentError. */
async function takeFile(from: string, to: string): Promise<boolean> {
  try {
    // The name of a pack says what is in it, so one that is there already is the same.
    if (await nameTwice(from, to)) return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw cannotKeep(to, error);
  }
  return copyFile(from, to);
}

async function copyFile(from: string, to: string): Promise<boolean> {
  const temporary = join(to, `../tmp_kgit_${randomBytes(6).toString('hex')}`);
  try {
    if ((await stat(from)).size > MAX_BYTES) return false;
    await writeNew(temporary, await readFile(from), { mode: READ_ONLY_FILE, isSynced: true });
    await rename(temporary, to);
    return true;
  } catch (error) {
    await removeFile(temporary);
    if (hasCode(error, 'ENOENT')) return false;
    throw cannotKeep(to, error);
  }
}
