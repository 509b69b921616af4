import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The bytes of all files below a folder, and, if it is a git repository, of all of its objects, as Latin-1. */
export function textsBelow(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  const objects = execFileSync('git', ['cat-file', '--batch-all-objects', '--batch', '--unordered'], {
    cwd: folder,
    encoding: 'latin1',
    maxBuffer: 256 * 1024 * 1024,
  });
  return [...texts, objects];
}
