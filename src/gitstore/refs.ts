import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../store/durable-files.js';
import type { Revision } from '../store/state-store.js';
import { type Git, gitFailed } from './git.js';
import type { Repository } from './repository.js';

const OID = /^[0-9a-f]{40}$/;

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    // A folder stands there for `main` where the branches are called main/a, main/b.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return null;
    throw error;
  }
}

/** The refs of a repository, read from git's own files where they are plain ones: asking git takes as long as a whole read. */
export class Refs {
  readonly #git: Git;
  readonly #commonDir: string;
  readonly #arePlain: boolean;

  constructor(git: Git, { commonDir, config }: Pick<Repository, 'commonDir' | 'config'>) {
    this.#git = git;
    this.#commonDir = commonDir;
    this.#arePlain = (config.get('extensions.refstorage') ?? 'files') === 'files';
  }

  /** The commits that full names such as `refs/heads/main` stand for; a name that is not there is left out. */
  async read(names: readonly string[]): Promise<Map<string, Revision>> {
    const found = new Map<string, Revision>();
    const missing: string[] = [];
    for (const name of names) {
      if (!this.#arePlain || name.includes('..')) return this.#ask(names);
      const text = await textOf(join(this.#commonDir, name));
      const oid = text?.trimEnd();
      if (oid === undefined) missing.push(name);
      else if (OID.test(oid)) found.set(name, oid);
      // A symbolic ref, or one that is broken: git knows what to make of it.
      else return this.#ask(names);
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

  async #ask(names: readonly string[]): Promise<Map<string, Revision>> {
    const text = await this.#git.text(['for-each-ref', '--format=%(refname) %(objectname)', ...names]);
    const pairs = text.split('\n').filter(Boolean);
    return new Map(pairs.map((line) => line.split(' ') as [string, Revision]));
  }

  /** Lets a ref that is kgit's own stand for `to`. Throws EnvironmentError. */
  async set(name: string, to: Revision): Promise<void> {
    await this.#git.text(['update-ref', name, to]);
  }

  /**
   * Moves a branch if it stands at `from`, and with it, or not at all, `tracking`: kgit's own ref that follows it.
   * False when it stood elsewhere. Throws EnvironmentError.
   */
  async move(branch: string, from: Revision | null, to: Revision, tracking: string | null): Promise<boolean> {
    const moves = [`update ${branch} ${to} ${from ?? '0'.repeat(to.length)}\n`];
    if (tracking) moves.push(`update ${tracking} ${to}\n`);
    const input = `start\n${moves.join('')}prepare\ncommit\n`;
    const { code, stderr } = await this.#git.run(['update-ref', '-m', 'kgit: publish', '--stdin'], { input });
    if (code === 0) return true;
    if (/but expected|reference already exists|unable to resolve reference/.test(stderr)) return false;
    throw gitFailed(['update-ref'], code, stderr);
  }
}
