import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Another git than the one that runs the tests. */
export interface BuiltGit {
  readonly version: string;
  /** The folder to put first in PATH. */
  readonly bin: string;
}

/** The gits that `build.sh` in this folder built; empty where that was not done. */
export function builtGits(): readonly BuiltGit[] {
  // Tests have a home of their own; what was built lies in that of the user.
  const cache = join(userInfo().homedir, '.cache/kgit-tests');
  if (!existsSync(cache)) return [];
  return readdirSync(cache)
    .filter((name) => name.startsWith('git-'))
    .map((name) => ({ version: name.slice('git-'.length), bin: join(cache, name, 'bin') }))
    .filter(({ bin, version }) => versionOf(bin) === version);
}

function versionOf(bin: string): string | null {
  if (!existsSync(join(bin, 'git'))) return null;
  const told = execFileSync(join(bin, 'git'), ['--version'], { encoding: 'utf8' });
  return /^git version (\S+)/.exec(told)?.[1] ?? null;
}
