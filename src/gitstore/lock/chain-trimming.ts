import { join } from 'node:path';
import { EnvironmentError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { readFile } from '../../platform/small-files.js';
import { privateFolder, replaceWhole } from '../../store/local/durable-files.js';

/**
 * Remembers whether a remote lets a lock's ref be rewound, which a chain that starts anew needs. Rewinds count as
 * allowed until the remote refuses one.
 */
export class ChainTrimming {
  readonly #folder: string;
  readonly #address: string;

  /**
   * @param folder the clone's `kgit` folder
   * @param address the remote's; what another remote did says nothing about this one
   */
  constructor(folder: string, address: string) {
    this.#folder = folder;
    this.#address = address;
  }

  get #path(): string {
    return join(this.#folder, 'locks-not-rewound');
  }

  /** Whether chains may start anew at this remote. */
  async isAllowed(): Promise<boolean> {
    try {
      return (await readFile(this.#path, 'utf8')) !== this.#address;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return true;
      throw error;
    }
  }

  /** Records that the remote refused to rewind a ref, and took the whole chain instead. */
  async noteRefused(): Promise<void> {
    try {
      await privateFolder(this.#folder);
      await replaceWhole(this.#path, this.#address);
    } catch (error) {
      // The lock has moved. Without this record, the next long chain costs one more push.
      if (!(error instanceof EnvironmentError)) throw error;
    }
  }
}
