/**
 * Reads V8's compiled code of earlier runs, in the user's cache folder, or of an installer, who kept it for all users. It
 * only saves time: if anything is wrong with it, the program runs without. `keep-code.ts` writes it.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { groupOrAllMayWrite } from '../../platform/file-modes.js';
import { committable, ownFolder } from '../../setup/trust.js';

type Environment = Readonly<Record<string, string | undefined>>;
/** Compiled code by script name. */
export type CompiledCode = ReadonlyMap<string, Buffer>;
/** Cached code; none after a first run, which leaves a note alone. */
export interface KeptCode {
  readonly codes: CompiledCode;
  /** When it was last found to be good, or noted, in ms since the epoch; 0 for never. */
  readonly checkedAt: number;
}

/** Maximum size of the code in a file that is read or written, in bytes: the whole compiled program is smaller. */
export const MAX_BYTES = 16 * 1024 * 1024;
/** Alignment, in bytes: V8 copies code that does not begin at a multiple of this. */
const ALIGNMENT = 8;
/** Length of the table, and what aligns it. */
export const HEAD_BYTES = ALIGNMENT;
/** Bytes of the second copy that are read at a time. */
const COMPARED_BYTES = 128 * 1024;

/** Returns the cache folder; null if there is no home, or if its content could come with others' commits. */
export function codeCacheFolder(environment: Environment): string | null {
  const base = ownFolder(environment, 'XDG_CACHE_HOME', '.cache');
  return base === null || committable(base, environment) !== null ? null : join(base.path, 'kgit', 'code');
}

const ROOT = 0;

/** Whether only the user can have written the file. */
export function isOwn(stats: Stats): boolean {
  const user = process.getuid?.();
  return user === undefined || (stats.uid === user && !groupOrAllMayWrite(stats));
}

/** Whether only the user or root, who installs programs for all users, can have written the file. */
function isOwnOrRoots(stats: Stats): boolean {
  return isOwn(stats) || (stats.uid === ROOT && !groupOrAllMayWrite(stats));
}

/** A length as it is in the file. */
export const aligned = (length: number) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

/** Finds the code of each script in what `packed` of `keep-code.ts` made. */
function unpacked(bytes: Buffer): CompiledCode {
  const codes = new Map<string, Buffer>();
  const tableLength = bytes.readUInt32LE(0);
  const table = JSON.parse(bytes.toString('latin1', HEAD_BYTES, HEAD_BYTES + tableLength));
  let at = HEAD_BYTES + aligned(tableLength);
  for (const [name, length] of table as [string, number][]) {
    codes.set(name, bytes.subarray(at, at + length));
    at += aligned(length);
  }
  return codes;
}

/**
 * Reads the first half of a file, of which the second half is a copy; null if they differ. V8 does not verify compiled
 * code: one bit flipped on the disk can crash the process. Nothing that Node has loaded at this point computes a checksum.
 */
function readTwice(file: number, size: number): Buffer | null {
  const half = size / 2;
  const bytes = Buffer.allocUnsafeSlow(half);
  if (readSync(file, bytes, 0, half, 0) !== half) return null;
  const part = Buffer.allocUnsafeSlow(Math.min(half, COMPARED_BYTES));
  for (let at = 0, length = 0; at < half; at += length) {
    length = readSync(file, part, 0, part.length, half + at);
    if (length === 0 || bytes.compare(part, 0, length, at, at + length) !== 0) return null;
  }
  return bytes;
}

export const NOTHING: KeptCode = { codes: new Map(), checkedAt: 0 };

/** Reads the code that the user's runs kept as `name`; empty if there is none that can be trusted. */
export function readCode(folder: string, name: string): KeptCode {
  return readTrusted(folder, name, isOwn);
}

/**
 * Reads the code that the installer kept as `name`, in a folder beside the program; empty if there is none that can be
 * trusted. No run looks for what it lacks, since the user cannot renew it.
 */
export function readInstalledCode(folder: string, name: string): KeptCode {
  return { ...readTrusted(folder, name, isOwnOrRoots), checkedAt: Number.POSITIVE_INFINITY };
}

function readTrusted(folder: string, name: string, isTrusted: (stats: Stats) => boolean): KeptCode {
  let file: number | undefined;
  try {
    const place = lstatSync(folder);
    if (!place.isDirectory() || !isTrusted(place)) return NOTHING;
    file = openSync(join(folder, name), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    const stats = fstatSync(file);
    const isSound =
      stats.isFile() &&
      isTrusted(stats) &&
      stats.size > 2 * HEAD_BYTES &&
      stats.size <= 2 * MAX_BYTES &&
      stats.size % (2 * ALIGNMENT) === 0;
    const bytes = isSound ? readTwice(file, stats.size) : null;
    return { codes: bytes === null ? NOTHING.codes : unpacked(bytes), checkedAt: stats.mtimeMs };
  } catch {
    // Nothing is kept yet, or it cannot be read: the program is compiled again.
    return NOTHING;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
