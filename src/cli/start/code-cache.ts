/**
 * Keeps V8's compiled code between runs, in the user's cache folder, and reads what an installer kept for all users. It
 * only saves time: if anything is wrong with it, the program runs without.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { groupOrAllMayWrite, PRIVATE_FILE, PRIVATE_FOLDER } from '../../platform/file-modes.js';
import { committable, ownFolder } from '../../setup/trust.js';

type Environment = Readonly<Record<string, string | undefined>>;
/** Compiled code by script name. */
export type CompiledCode = ReadonlyMap<string, Buffer>;
/** Cached code, and when it was last found to be good, in ms since the epoch. */
export interface KeptCode {
  readonly codes: CompiledCode;
  readonly checkedAt: number;
}

/** Maximum number of files in the folder; the oldest are removed first. */
const MAX_FILES = 64;
/** Maximum size of a file that is read or written, in bytes: the whole compiled program is smaller. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Alignment, in bytes: V8 copies code that does not begin at a multiple of this. */
const ALIGNMENT = 8;
const HEAD_BYTES = 8;
/** End of the checksum. V8 does not verify compiled code: one bit flipped on the disk can crash the process. */
const SUM_BYTES = 4;

/** Returns the cache folder; null if there is no home, or if its content could come with others' commits. */
export function codeCacheFolder(environment: Environment): string | null {
  const base = ownFolder(environment, 'XDG_CACHE_HOME', '.cache');
  return base === null || committable(base, environment) !== null ? null : join(base.path, 'kgit', 'code');
}

const ROOT = 0;

/** Whether only the user can have written the file. */
function isOwn(stats: fs.Stats): boolean {
  const user = process.getuid?.();
  return user === undefined || (stats.uid === user && !groupOrAllMayWrite(stats));
}

/** Whether only the user or root, who installs programs for all users, can have written the file. */
function isOwnOrRoots(stats: fs.Stats): boolean {
  return isOwn(stats) || (stats.uid === ROOT && !groupOrAllMayWrite(stats));
}

const aligned = (length: number) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

/** Packs a file: checksum and length of the table, the table of names and lengths, then the code of each script. */
function pack(codes: CompiledCode): Buffer {
  const table = JSON.stringify([...codes].map(([name, code]) => [name, code.length]));
  const parts = [Buffer.from(table), ...codes.values()];
  const bytes = Buffer.alloc(HEAD_BYTES + parts.reduce((sum, { length }) => sum + aligned(length), 0));
  let at = HEAD_BYTES;
  for (const part of parts) {
    part.copy(bytes, at);
    at += aligned(part.length);
  }
  bytes.writeUInt32LE(Buffer.byteLength(table), SUM_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(SUM_BYTES)), 0);
  return bytes;
}

function unpack(bytes: Buffer): CompiledCode {
  const codes = new Map<string, Buffer>();
  if (crc32(bytes.subarray(SUM_BYTES)) !== bytes.readUInt32LE(0)) return codes;
  const tableLength = bytes.readUInt32LE(SUM_BYTES);
  const table = JSON.parse(bytes.toString('utf8', HEAD_BYTES, HEAD_BYTES + tableLength));
  let at = HEAD_BYTES + aligned(tableLength);
  for (const [name, length] of table as [string, number][]) {
    codes.set(name, bytes.subarray(at, at + length));
    at += aligned(length);
  }
  return codes;
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

function readTrusted(folder: string, name: string, isTrusted: (stats: fs.Stats) => boolean): KeptCode {
  let file: number | undefined;
  try {
    const place = fs.lstatSync(folder);
    if (!place.isDirectory() || !isTrusted(place)) return NOTHING;
    file = fs.openSync(join(folder, name), fs.constants.O_RDONLY | (fs.constants.O_NOFOLLOW ?? 0));
    const stats = fs.fstatSync(file);
    const isSound = stats.isFile() && isTrusted(stats) && stats.size > HEAD_BYTES && stats.size <= MAX_BYTES;
    if (!isSound) return NOTHING;
    const bytes = Buffer.allocUnsafeSlow(stats.size);
    if (fs.readSync(file, bytes, 0, stats.size, 0) !== stats.size) return NOTHING;
    return { codes: unpack(bytes), checkedAt: stats.mtimeMs };
  } catch {
    // Nothing is kept yet, or it cannot be read: the program is compiled again.
    return NOTHING;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

/** Keeps compiled code as `name`, atomically. If that fails, the next run does without. */
export function keepCode(folder: string, name: string, codes: CompiledCode): void {
  const temporary = join(folder, `${name}.${process.pid}-${process.hrtime.bigint()}.tmp`);
  try {
    fs.mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    if (!isOwn(fs.lstatSync(folder))) return;
    const bytes = pack(codes);
    if (bytes.length > MAX_BYTES) return;
    fs.writeFileSync(temporary, bytes, { flag: 'wx', mode: PRIVATE_FILE });
    fs.renameSync(temporary, join(folder, name));
    removeOldest(folder);
  } catch {
    // A full or read-only disk only makes the next run slower.
    removeQuietly(temporary);
  }
}

/** Records that the code kept as `name` has just been found to be good. */
export function noteChecked(folder: string, name: string): void {
  try {
    const now = new Date();
    fs.utimesSync(join(folder, name), now, now);
  } catch {
    // Another process has just replaced the file, or it is not writable: the next run checks again.
  }
}

function removeOldest(folder: string): void {
  const names = fs.readdirSync(folder);
  if (names.length <= MAX_FILES) return;
  const aged = names.map((name) => ({ name, written: fs.lstatSync(join(folder, name)).mtimeMs }));
  aged.sort((a, b) => b.written - a.written);
  for (const { name } of aged.slice(MAX_FILES)) removeQuietly(join(folder, name));
}

function removeQuietly(path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // Files in a cache folder may vanish at any time.
  }
}
