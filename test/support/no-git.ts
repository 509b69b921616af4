import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { temporaryFolder } from './git-fixtures.js';

/** A PATH with every program of this one but git. */
export function pathWithoutGit(): string {
  const folder = temporaryFolder('kgit-no-git-');
  for (const from of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of existsSync(from) ? readdirSync(from) : [])
      if (!/^git($|-)/.test(name) && !existsSync(join(folder, name)))
        symlinkSync(join(from, name), join(folder, name));
  }
  return folder;
}
