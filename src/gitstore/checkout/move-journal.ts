import { dirname, join } from 'node:path';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { readFile } from '../../platform/small-files.js';
import { privateFolder, removeFile, replaceDurably } from '../../store/local/durable-files.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Checkout } from './work-trees.js';

const OID = /^[0-9a-f]{40}$/;

/** A move of checkouts in progress. It is kept on disk until it is done, because the process may die in between. */
export interface Move {
  readonly checkouts: readonly Checkout[];
  readonly from: Revision | null;
  readonly to: Revision;
}

function isCheckout(value: unknown): value is Checkout {
  return isMap(value) && typeof value['gitDir'] === 'string' && typeof value['path'] === 'string';
}

function parseMove(text: string): Move | null {
  try {
    const json: unknown = JSON.parse(text);
    if (!isMap(json)) return null;
    const { checkouts, from, to } = json;
    if (!Array.isArray(checkouts) || !checkouts.every(isCheckout)) return null;
    const isFrom = from === null || (typeof from === 'string' && OID.test(from));
    if (!isFrom || typeof to !== 'string' || !OID.test(to)) return null;
    return { checkouts, from: from as Revision | null, to };
  } catch {
    // The file was changed by a failing disk, or by hand.
    return null;
  }
}

/** The record of a move of checkouts: which of them go from which revision to which. */
export class MoveJournal {
  readonly path: string;

  /** @param folder the clone's `kgit` folder */
  constructor(folder: string) {
    this.path = join(folder, 'checkout.json');
  }

  /** The unfinished move; null if there is none, `damaged` if its record cannot be read. */
  async read(): Promise<Move | 'damaged' | null> {
    try {
      return parseMove(await readFile(this.path, 'utf8')) ?? 'damaged';
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      if (hasCode(error, 'EISDIR', 'EIO')) return 'damaged';
      throw error;
    }
  }

  async write(move: Move): Promise<void> {
    await privateFolder(dirname(this.path));
    await replaceDurably(this.path, JSON.stringify(move));
  }

  async remove(): Promise<void> {
    await removeFile(this.path);
  }
}
