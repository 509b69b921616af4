import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What `make` makes of `source`, a pure function of it. Every test file has a process of its own, so the result is kept
 * in a file of the run, by the digest of `source`, and the next test file reads it there. `kind` tells what is made of
 * equal sources apart.
 */
export function keptText(kind: string, source: string, make: () => string): string {
  const folder = process.env['CACHE_OF_TESTS'];
  // Outside of a run of the tests nobody removes it.
  if (folder === undefined) return make();
  const place = join(folder, `${kind}-${createHash('sha256').update(source).digest('hex')}`);
  if (existsSync(place)) return readFileSync(place, 'utf8');
  const text = make();
  // Whole at once: other workers read it.
  const begun = `${place}.${process.pid}`;
  writeFileSync(begun, text);
  renameSync(begun, place);
  return text;
}
