import { randomBytes as fromCrypto } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const SOURCE = '/dev/urandom';

/**
 * Random bytes that nobody can guess, from the system's own source where it has a file for it: loading node:crypto
 * takes as long as a tenth of a command.
 */
export function randomBytes(count: number): Buffer {
  let file: number;
  try {
    file = openSync(SOURCE, 'r');
  } catch {
    // Windows has no such file.
    return fromCrypto(count);
  }
  try {
    const bytes = Buffer.alloc(count);
    return readSync(file, bytes, 0, count, null) === count ? bytes : fromCrypto(count);
  } finally {
    closeSync(file);
  }
}
