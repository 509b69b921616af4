import { join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { REVISION } from '../../model/value/revision.js';
import { readFile } from '../../platform/small-files.js';
import { privateFolder, replaceDurably } from '../local/durable-files.js';
import type { Revision } from '../port/state-store.js';

/** The revision that was verified last on this machine; later histories must contain it. */
export class TrustedRevision {
  readonly #folder: string;
  readonly #file: string;
  readonly #target: string;

  /**
   * @param folder the local folder of the clone
   * @param target the repository and branch
   */
  constructor(folder: string, target: string) {
    this.#folder = folder;
    this.#file = join(folder, 'verified');
    this.#target = target;
  }

  /** Null if none was verified yet. */
  async read(): Promise<Revision | null> {
    return (await this.#all()).get(this.#target) ?? null;
  }

  async #all(): Promise<Map<string, Revision>> {
    try {
      const lines = (await readFile(this.#file, 'utf8')).split('\n').filter(Boolean);
      const pairs = lines.map(
        (line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))] as const,
      );
      return new Map(pairs.filter(([, revision]) => REVISION.test(revision)));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return new Map();
      throw error;
    }
  }

  /** Throws EnvironmentError. */
  async write(revision: Revision): Promise<void> {
    const all = (await this.#all()).set(this.#target, revision);
    await privateFolder(this.#folder);
    await replaceDurably(this.#file, [...all].map(([target, known]) => `${known} ${target}\n`).join(''));
  }
}
