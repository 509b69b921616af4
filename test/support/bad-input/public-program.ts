import { chmodSync, cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import { PROGRAM } from '../kgit.js';

/** What the program is made of. */
const PARTS = ['bin', 'dist', 'templates', 'schemas', 'package.json', 'oclif.manifest.json'];

let copied: string | null = null;

/** The built program where every user may read it: a checkout may lie in a folder that is closed to others. */
export function publicProgram(): string {
  if (copied) return copied;
  const root = dirname(dirname(PROGRAM));
  const folder = temporaryFolder('kgit-program-');
  for (const part of PARTS) cpSync(join(root, part), join(folder, part), { recursive: true });
  chmodSync(folder, 0o755);
  copied = join(folder, 'bin/run.js');
  return copied;
}
