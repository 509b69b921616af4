import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConflictError, EnvironmentError, RemoteError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isUlid } from '../../model/value/ulid.js';
import { isMap } from '../../model/value/value.js';
import { privateFolder, replaceWhole } from '../../store/local/durable-files.js';
import {
  OTHER_HISTORY,
  type OtherHistory,
  type Rewrite,
  type SharedHistory,
} from '../../store/port/shared-history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { KeyReader, StampedHead } from './key-reader.js';
import { revisionKey } from './layout.js';
import { parseRecord, seqOf } from './records.js';

/** The revision of a store that this machine saw last. */
interface Known {
  /** Id of the store. */
  readonly store: string;
  readonly revision: Revision;
  /** When the store was asked last, in ms since the epoch. */
  readonly at: number;
}

function parseKnown(text: string): Known | null {
  try {
    const json: unknown = JSON.parse(text);
    if (!isMap(json)) return null;
    const { store, revision, at } = json;
    if (typeof store !== 'string' || !isUlid(store) || typeof at !== 'number') return null;
    return typeof revision === 'string' && seqOf(revision) !== null ? { store, revision, at } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Finds out whether a server still has the revision that was seen there last: one that was restored from a backup, or
 * lost its disk, has another one in its place, or none.
 */
export class KnownLine implements SharedHistory {
  onRewrite: ((rewrite: Rewrite) => Promise<void>) | undefined;
  readonly #reader: KeyReader;
  readonly #target: string;
  readonly #file: string | null;
  readonly #now: () => number;
  #known: Known | null | undefined;

  /**
   * @param file keeps what is known for later processes; null if only this one is to know it
   * @param now ms since the epoch
   */
  constructor(reader: KeyReader, target: string, file: string | null, now: () => number) {
    this.#reader = reader;
    this.#target = target;
    this.#file = file;
    this.#now = now;
  }

  /** What was seen last; null if nothing was. */
  async known(): Promise<Known | null> {
    if (this.#known !== undefined) return this.#known;
    this.#known = this.#file === null ? null : await this.#read(this.#file);
    return this.#known;
  }

  async #read(file: string): Promise<Known | null> {
    try {
      return parseKnown(await readFile(file, 'utf8'));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    }
  }

  /**
   * Asks for the head. Throws ConflictError if another store is there now, RemoteError if it is empty now.
   * @returns the head, once a rewrite has been told
   */
  async refresh(timeoutMs: number): Promise<StampedHead | null> {
    const known = await this.known();
    const key = revisionKey(seqOf(known?.revision ?? '') ?? 0);
    // Another store may be in its place.
    this.#reader.store = undefined;
    const { head, values } = await this.#reader.get([key], timeoutMs);
    if (known !== null) {
      const found = values[0] == null ? null : parseRecord(key, values[0]).revision;
      if (head === null) throw this.#emptied(known);
      if (this.#reader.store !== known.store) throw this.#otherStore(known, head);
      if (found !== known.revision)
        await this.onRewrite?.({ from: known.revision, to: head.revision, removed: null, cause: 'lost' });
    }
    await this.note(head);
    return head;
  }

  /** Records the head. */
  async note(head: Pick<StampedHead, 'revision'> | null): Promise<void> {
    const { store } = this.#reader;
    if (head === null || !store) return;
    this.#known = { store, revision: head.revision, at: this.#now() };
    if (this.#file === null) return;
    try {
      await privateFolder(dirname(this.#file));
      await replaceWhole(this.#file, JSON.stringify(this.#known));
    } catch (error) {
      // A machine that keeps nothing reads and writes the store all the same.
      if (!(error instanceof EnvironmentError)) throw error;
    }
  }

  async otherHistory(timeoutMs: number): Promise<OtherHistory | null> {
    const known = await this.known();
    this.#reader.store = undefined;
    const head = await this.#reader.head(timeoutMs);
    if (known === null || head === null || this.#reader.store === known.store) return null;
    return { known: known.revision, found: head.revision, knownCount: null, foundCount: head.seq };
  }

  async acceptHistory({ known, found }: OtherHistory): Promise<void> {
    await this.onRewrite?.({ from: known, to: found, removed: null, cause: 'moved' });
    await this.note({ revision: found });
  }

  #otherStore({ revision }: Known, head: StampedHead): ConflictError {
    return new ConflictError(`${this.#target}: another store is there now`, {
      suggestions: [
        "If it was replaced on purpose: 'kgit sync --accept-rewrite' shows what would change, and asks",
        'If it was not, check the address of the store: kgit config',
      ],
      data: {
        cause: OTHER_HISTORY,
        expected: 'a common history',
        actual: 'none',
        known: revision,
        found: head.revision,
      },
    });
  }

  #emptied({ revision }: Known): RemoteError {
    return new RemoteError(`${this.#target}: the store is empty; it was at revision ${revision}`, {
      suggestions: [
        'Check the address of the store: kgit config',
        'If the server has lost it, restore it there from a backup',
        ...(this.#file === null ? [] : [`If it was emptied on purpose: rm ${this.#file}, then write again`]),
      ],
      data: { remote: 'denied', cause: 'store-gone', revision },
    });
  }
}
