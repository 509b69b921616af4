/** Reads the objects that are files of their own, within bounds: isomorphic-git inflates without any. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inflate } from 'node:zlib';
import { InvalidStateError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import type { FileSystem } from '../../store/port/means.js';
import type { GitObject } from '../objects/cat-file.js';
import type { ReadableFiles } from './packs/file-blocks.js';
import { damaged, MAX_OBJECT } from './packs/pack-entry.js';
import { inflateSmall, SMALL_BYTES } from './packs/small-inflate.js';

/** Longest header: `commit`, the size, what is between and after. */
const MAX_HEADER = 32;
/** Largest file of an object, in bytes: what cannot be compressed takes a little more room than it has. */
const MAX_FILE = MAX_OBJECT + 1024 * 1024;
const HEADER = /^(blob|tree|commit|tag) (0|[1-9]\d{0,12})\0/;

function tooLarge(oid: string): InvalidStateError {
  return new InvalidStateError(`the object ${oid} is too large (more than ${MAX_OBJECT} bytes)`);
}

async function content(file: Buffer, oid: string): Promise<Buffer> {
  const small = file.length <= SMALL_BYTES ? inflateSmall(file, SMALL_BYTES) : null;
  if (small !== null) return small.data;
  return new Promise((resolve, reject) => {
    inflate(file, { maxOutputLength: MAX_OBJECT + MAX_HEADER }, (error, data) => {
      if (error === null) resolve(data);
      else reject(hasCode(error, 'ERR_BUFFER_TOO_LARGE') ? tooLarge(oid) : damaged(`the object ${oid}`));
    });
  });
}

/** Reads the file of an object; null if there is none. */
async function fileOf(fs: Pick<ReadableFiles, 'open'>, path: string, oid: string): Promise<Buffer | null> {
  const handle = await fs.open(path, 'r').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
  if (handle === null) return null;
  try {
    const { size } = await handle.stat();
    if (size > MAX_FILE) throw tooLarge(oid);
    const file = Buffer.allocUnsafe(size);
    let filled = 0;
    for (let got = -1; got !== 0 && filled < size; filled += got)
      ({ bytesRead: got } = await handle.read(file, filled, size - filled, filled));
    return file.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

interface LooseContent extends GitObject {
  /** Header and content. */
  readonly whole: Buffer;
}

/**
 * Reads an object that is a file of its own, without comparing what it holds with its id; null if it is none. Throws
 * EnvironmentError, InvalidStateError.
 * @param folder of all objects
 */
export async function looseContent(
  fs: Pick<ReadableFiles, 'open'>,
  folder: string,
  oid: string,
): Promise<LooseContent | null> {
  const file = await fileOf(fs, join(folder, oid.slice(0, 2), oid.slice(2)), oid);
  if (file === null) return null;
  const whole = await content(file, oid);
  const [head = '', type = '', size = ''] = HEADER.exec(whole.toString('latin1', 0, MAX_HEADER)) ?? [];
  const data = whole.subarray(head.length);
  if (data.length > MAX_OBJECT) throw tooLarge(oid);
  if (type === '' || Number(size) !== data.length) throw damaged(`the object ${oid}`);
  return { oid, type, data, whole };
}

/** Reads an object that is a file of its own; null if it is not. Throws EnvironmentError, InvalidStateError. */
export async function looseObject(fs: FileSystem, commonDir: string, oid: string): Promise<GitObject | null> {
  const found = await looseContent(fs, join(commonDir, 'objects'), oid);
  if (found === null) return null;
  const { type, data, whole } = found;
  if (createHash('sha1').update(whole).digest('hex') !== oid) throw damaged(`the object ${oid}`);
  return { oid, type, data };
}
