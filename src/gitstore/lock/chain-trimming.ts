import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { privateFolder, replaceWhole } from '../../store/local/durable-files.js';

/**
 * What this clone knows of whether a remote lets a lock's ref go back, which a chain that begins anew needs. It is
 * taken to do so until it was seen not to.
 */
export class ChainTrimming {
  readonly #folder: string;
  readonly #address: string;

  /**
   * @param folder the clone's `kgit` folder
   * @param address of the remote: what was seen of another one tells nothing
   */
  constructor(folder: string, address: string) {
    this.#folder = folder;
    this.#address = address;
  }

  get #path(): string {
    return join(this.#folder, 'locks-not-rewound');
  }

  /** Whether chains begin anew there. */
  async isAllowed(): Promise<boolean> {
    try {
      return (await readFile(this.#path, 'utf8')) !== this.#address;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return true;
      throw error;
    }
  }

  /** Notes that the remote took a move only with its whole chain. */
  async noteRefused(): Promise<void> {
    try {
      await privateFolder(this.#folder);
      await replaceWhole(this.#path, this.#address);
    } catch (error) {
      // The lock has moved. Without the note, the next long chain costs one more push.
      if (!(error instanceof EnvironmentError)) throw error;
    }
  }
}
