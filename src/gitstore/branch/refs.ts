import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { readFile } from '../../platform/small-files.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Git } from '../process/git.js';
import type { Repository } from '../repository/repository.js';

const OID = /^[0-9a-f]{40}$/;

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // `main` is a folder if the branches are called main/a, main/b.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return null;
    throw error;
  }
}

/** The line for `git update-ref --stdin` that moves a branch by CAS; `from` is null if it must not exist. */
export function branchMove(branch: string, from: Revision | null, to: Revision): string {
  return `update ${branch} ${to} ${from ?? '0'.repeat(to.length)}\n`;
}

/** The refs of a repository. */
export interface RefStore {
  /** The commits that full names such as `refs/heads/main` point to; missing names are left out. */
  read(names: readonly string[]): Promise<Map<string, Revision>>;
  /** The refs at and below these names, and those below a name that ends with a slash. */
  list(names: readonly string[]): Promise<Map<string, Revision>>;
  /**
   * Makes moves in the syntax of `git update-ref --stdin`, all or none. Throws EnvironmentError.
   * @returns null, or a message in git's words about a ref that is not where it was expected
   */
  apply(moves: readonly string[]): Promise<string | null>;
}

/** The refs of a repository, read from git's own files where possible: asking git takes as long as a whole read. */
export class Refs {
  readonly #git: Git;
  readonly #commonDir: string;
  readonly #arePlain: boolean;

  constructor(git: Git, { commonDir, config }: Pick<Repository, 'commonDir' | 'config'>) {
    this.#git = git;
    this.#commonDir = commonDir;
    this.#arePlain = (config.get('extensions.refstorage') ?? 'files') === 'files';
  }

  /** The commits that full names such as `refs/heads/main` point to; missing names are left out. */
  async read(names: readonly string[]): Promise<Map<string, Revision>> {
    const found = new Map<string, Revision>();
    const missing: string[] = [];
    for (const name of names) {
      if (!this.#arePlain || name.includes('..')) return this.list(names);
      const text = await textOf(join(this.#commonDir, name));
      const oid = text?.trimEnd();
      if (oid === undefined) missing.push(name);
      else if (OID.test(oid)) found.set(name, oid);
      // git resolves a symbolic ref, or one that is broken.
      else return this.list(names);
    }
    if (missing.length === 0) return found;
    const packed = (await textOf(join(this.#commonDir, 'packed-refs'))) ?? '';
    for (const name of missing) {
      const at = packed.indexOf(` ${name}\n`);
      const oid = packed.slice(at - 40, at);
      if (at >= 40 && OID.test(oid)) found.set(name, oid);
    }
    return found;
  }

  /** The refs at and below these names. */
  async list(names: readonly string[]): Promise<Map<string, Revision>> {
    const text = await this.#git.text(['for-each-ref', '--format=%(refname) %(objectname)', ...names]);
    const pairs = text.split('\n').filter(Boolean);
    return new Map(pairs.map((line) => line.split(' ') as [string, Revision]));
  }

  /** Points one of kgit's own refs to `to`. Throws EnvironmentError. */
  async set(name: string, to: Revision): Promise<void> {
    await this.#git.text(['update-ref', name, to]);
  }
}
