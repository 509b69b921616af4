/**
 * Operations on small local files, as `node:fs/promises` has them, but made at once. `node:fs/promises` hands each step
 * of a read (open, stat, read, close) to another thread and waits for its answer, which takes ten times as long as the step.
 * Not for what may take long: syncs to the disk, copies of large files, walks through folders without a bound.
 */
import fs from 'node:fs';

/** The operation as `node:fs/promises` has it. */
const atOnce =
  <A extends readonly unknown[], R>(operation: (...args: A) => R) =>
  async (...args: A): Promise<R> =>
    operation(...args);

export const access = atOnce(fs.accessSync);
export const chmod = atOnce(fs.chmodSync);
export const link = atOnce(fs.linkSync);
export const mkdir = atOnce(fs.mkdirSync);
export const realpath = atOnce((path: string) => fs.realpathSync.native(path));
export const rename = atOnce(fs.renameSync);
export const rm = atOnce(fs.rmSync);
export const rmdir = atOnce((path: string) => fs.rmdirSync(path));
export const unlink = atOnce(fs.unlinkSync);
export const utimes = atOnce(fs.utimesSync);

type StatOptions = { readonly bigint: true };

export function stat(path: string): Promise<fs.Stats>;
export function stat(path: string, options: StatOptions): Promise<fs.BigIntStats>;
export async function stat(path: string, options?: StatOptions): Promise<fs.Stats | fs.BigIntStats> {
  return options ? fs.statSync(path, options) : fs.statSync(path);
}

export const lstat = atOnce((path: string): fs.Stats => fs.lstatSync(path));

type DirectoryOptions = { readonly withFileTypes: true; readonly recursive?: boolean };

export function readdir(path: string): Promise<string[]>;
export function readdir(path: string, options: DirectoryOptions): Promise<fs.Dirent[]>;
export async function readdir(path: string, options?: DirectoryOptions): Promise<string[] | fs.Dirent[]> {
  return options ? fs.readdirSync(path, options) : fs.readdirSync(path);
}

/** Reads a file. Rejects with EINVAL for a pipe, socket or device: it may have no end, or nobody who writes. */
export function readFile(path: string): Promise<Buffer>;
export function readFile(path: string, encoding: 'utf8'): Promise<string>;
export async function readFile(path: string, encoding?: 'utf8'): Promise<Buffer | string> {
  // Without waiting for a writer, should it be a pipe.
  const file = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  try {
    const stats = fs.fstatSync(file);
    if (!stats.isFile() && !stats.isDirectory())
      throw Object.assign(new Error(`EINVAL: not a plain file, read '${path}'`), {
        code: 'EINVAL',
        syscall: 'read',
        path,
      });
    return fs.readFileSync(file, encoding);
  } finally {
    fs.closeSync(file);
  }
}

/**
 * Writes a new file; rejects with EEXIST if there is one. If it cannot be written whole, nothing is left of it.
 * @param options.mode permissions, which the umask may restrict
 * @param options.exactMode permissions whatever the umask
 * @param options.isSynced whether the content must be on the disk, which is waited for beside other work
 */
export async function writeNew(
  path: string,
  data: string | Uint8Array,
  { mode, exactMode, isSynced }: { mode: number; exactMode?: number | undefined; isSynced: boolean },
): Promise<void> {
  const file = fs.openSync(path, 'wx', mode);
  try {
    if (exactMode !== undefined) fs.fchmodSync(file, exactMode);
    fs.writeFileSync(file, data);
    if (isSynced) await sync(file);
  } catch (error) {
    // Forced, so that the reason is thrown, whatever became of the file.
    fs.rmSync(path, { force: true });
    throw error;
  } finally {
    fs.closeSync(file);
  }
}

/** Makes the names in a folder durable. Rejects on Windows, which has no handles for folders. */
export async function syncNames(path: string): Promise<void> {
  const folder = fs.openSync(path, fs.constants.O_RDONLY);
  try {
    await sync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

/** Waits until a file is on the disk. */
function sync(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(file, (error) => (error ? reject(error) : resolve()));
  });
}
