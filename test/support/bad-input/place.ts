import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { git, temporaryFolder } from '../git-fixtures.js';
import { stateRepository } from '../state-repository.js';

/** Where a row of the table runs. */
export interface Place {
  /** The folder that the program is started in. */
  readonly path: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Buffer;
  /** What `{url}` stands for. */
  readonly url?: string;
  /** Started as another user than the one that runs the tests. */
  readonly uid?: number;
  readonly end?: () => Promise<void> | void;
}

/** The user that is nobody: it owns nothing of the developer's. */
export const NOBODY = 65_534;

let template: string | null = null;

/** A purely local state repository of its own, with the deployment dep-a. */
export function plainRepository(): string {
  template ??= stateRepository({ README: 'a file\n' });
  const path = temporaryFolder('kgit-bad-');
  cpSync(template, path, { recursive: true });
  return path;
}

/** The names below a folder that may not be there. */
export function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('.git/'))
    .map((name) => {
      const stats = statSync(join(path, name), { throwIfNoEntry: false });
      // A folder in memory has a size for each of its names.
      return stats?.isDirectory() ? name : `${name} ${stats?.size}`;
    })
    .sort();
}

export interface Footprint {
  readonly files: readonly string[];
  readonly refs: string;
  readonly outbox: readonly string[];
  /** Files of kgit's that were begun and not ended, and reports of git's crashes. */
  readonly halves: readonly string[];
}

/** All that a refused write must leave as it was: branches, checkout, outbox, and no half-written file. */
export function footprint(path: string): Footprint {
  const dir = join(path, '.git');
  const isRepository = existsSync(join(dir, 'HEAD'));
  return {
    files: filesBelow(path),
    refs: isRepository
      ? git(path, '-c', 'safe.directory=*', 'for-each-ref', 'refs/heads', 'refs/tags') +
        statSync(join(dir, 'index'), { throwIfNoEntry: false })?.size
      : '',
    outbox: namesIn(join(dir, 'kgit', 'outbox')),
    halves: [...namesIn(join(dir, 'kgit')), ...namesIn(dir)].filter((name) => /\.tmp$|crash/.test(name)),
  };
}
