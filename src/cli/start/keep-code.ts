/** Writes V8's compiled code to the user's cache folder, for `code-cache.ts` to read. Loaded when there is something to keep. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../../platform/file-modes.js';
import { aligned, type CompiledCode, HEAD_BYTES, isOwn, MAX_BYTES } from './code-cache.js';

/** Maximum number of files in the folder; the oldest are removed first. */
const MAX_FILES = 64;

/**
 * Packs a file: length of the table, the table of names and lengths, the code of each script, and all of it once more,
 * because a reader compares both halves.
 */
function packed(codes: CompiledCode): Buffer {
  const table = JSON.stringify([...codes].map(([name, code]) => [name, code.length]));
  const parts = [Buffer.from(table, 'latin1'), ...codes.values()];
  const half = HEAD_BYTES + parts.reduce((sum, { length }) => sum + aligned(length), 0);
  const bytes = Buffer.alloc(2 * half);
  bytes.writeUInt32LE(table.length, 0);
  let at = HEAD_BYTES;
  for (const part of parts) {
    part.copy(bytes, at);
    at += aligned(part.length);
  }
  bytes.copy(bytes, half, 0, half);
  return bytes;
}

/** Keeps compiled code as `name`. If that fails, the next run does without. */
export function keepCode(folder: string, name: string, codes: CompiledCode): void {
  const bytes = packed(codes);
  if (bytes.length <= 2 * MAX_BYTES) keep(folder, name, bytes);
}

/** Notes a first run as `name`, in place of code. */
export function noteFirstRun(folder: string, name: string): void {
  keep(folder, name, Buffer.alloc(0));
}

/** Writes a file of the cache, atomically. */
function keep(folder: string, name: string, bytes: Buffer): void {
  const temporary = join(folder, `${name}.${process.pid}-${process.hrtime.bigint()}.tmp`);
  try {
    fs.mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    if (!isOwn(fs.lstatSync(folder))) return;
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
