import { join } from 'node:path';
import { EnvironmentError, RemoteError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { readFile } from '../../platform/small-files.js';
import { privateFolder, removeFile, replaceDurably } from '../local/durable-files.js';
import type { Outbox } from '../outbox/outbox.js';
import type { Backend } from '../port/backend.js';
import type { Rewrite } from '../port/shared-history.js';
import type { Revision } from '../port/state-store.js';

const VERSION = 1;
/** How many rewrites are kept for the next command at most. */
const MAX_UNTOLD = 20;

/** A rewrite of the remote's history, as reported to people and scripts. */
export interface ToldRewrite extends Rewrite {
  /** Ids of operations that this clone had published and that the rewrite removed. */
  readonly operations: readonly string[];
}

interface Untold extends ToldRewrite {
  readonly target: string;
}

const CAUSES: readonly unknown[] = ['moved', 'lost', 'unclear'] satisfies Rewrite['cause'][];

function isUntold(value: unknown): value is Untold {
  if (!isMap(value)) return false;
  const { from, to, removed, cause, operations, target } = value;
  const isText = (each: unknown) => typeof each === 'string';
  return (
    [from, to, target].every(isText) &&
    (removed === null || Number.isSafeInteger(removed)) &&
    CAUSES.includes(cause) &&
    Array.isArray(operations) &&
    operations.every(isText)
  );
}

/**
 * Reports each rewrite at the remote once, whichever process saw it, and puts operations that the server lost back into
 * the outbox.
 */
export class Rewrites {
  readonly #folder: string;
  readonly #file: string;
  readonly #store: Backend;
  readonly #outbox: Outbox;
  #hasToldLoss = false;

  /** @param folder the clone's `kgit` folder */
  constructor(folder: string, store: Backend, outbox: Outbox) {
    this.#folder = folder;
    this.#file = join(folder, 'rewrites');
    this.#store = store;
    this.#outbox = outbox;
    if (store.shared) store.shared.onRewrite = (rewrite) => this.#note(rewrite);
  }

  /** Takes the rewrites that were not reported yet; from now on they count as reported. */
  async take(): Promise<readonly ToldRewrite[]> {
    const untold = await this.#untold();
    const own = untold.filter(({ target }) => target === this.#store.target);
    if (own.length === 0) return [];
    await this.#write(untold.filter(({ target }) => target !== this.#store.target)).catch(
      (error: unknown) => {
        // If this clone cannot be written, the rewrite is reported again: better than not at all.
        if (!(error instanceof EnvironmentError)) throw error;
      },
    );
    this.#hasToldLoss ||= own.some(({ cause }) => cause === 'lost');
    return own.map(({ target: _, ...told }) => told);
  }

  /**
   * The operations that a server lost and that may be published again: an earlier command told the user, who could have
   * dropped them.
   */
  async released(): Promise<ReadonlySet<string>> {
    if (this.#hasToldLoss || (await this.#untold()).some(({ cause }) => cause === 'lost')) return new Set();
    return new Set(await this.#held());
  }

  async #note(rewrite: Rewrite): Promise<void> {
    const { target } = this.#store;
    const gone = await this.#missing(rewrite.to);
    const operations = rewrite.cause === 'lost' ? await this.#requeue(gone) : gone;
    const untold = await this.#untold();
    // Another process of this clone may have seen the same.
    if (untold.some(({ from, to }) => from === rewrite.from && to === rewrite.to)) return;
    await this.#write([...untold, { ...rewrite, operations, target }]);
  }

  /** Puts operations back into the outbox; returns all that are held there. */
  async #requeue(ids: readonly string[]): Promise<string[]> {
    const error = new RemoteError(`the remote lost it: 'kgit sync' publishes it again`, {
      suggestions: ["Publish it again: 'kgit sync'", "Give it up: 'kgit outbox drop ID'"],
    });
    for (const id of ids) await this.#outbox.requeue(id, error);
    return this.#held();
  }

  /** Operations that a server lost and that wait to be released. */
  async #held(): Promise<string[]> {
    const { target } = this.#store;
    return (await this.#outbox.list()).flatMap((entry) =>
      entry.isHeld && entry.target === target ? entry.id : [],
    );
  }

  /** The kept operations whose events are missing at a revision. */
  async #missing(revision: Revision): Promise<string[]> {
    const kept = (await this.#outbox.listPublished()).filter(
      ({ target, operation }) => target === this.#store.target && operation && operation.events.length > 0,
    );
    if (kept.length === 0) return [];
    const { planBatch } = await import('../plan/plan-batch.js');
    const { entries } = await planBatch(this.#store, revision, kept);
    return entries.flatMap(({ entry, applied }) =>
      applied.kind === 'commit' || applied.kind === 'rejected' ? entry.id : [],
    );
  }

  async #untold(): Promise<readonly Untold[]> {
    try {
      const text = await readFile(this.#file, 'utf8');
      const json: unknown = JSON.parse(text);
      const isKnown = isMap(json) && json['version'] === VERSION && Array.isArray(json['untold']);
      return isKnown ? (json['untold'] as unknown[]).filter(isUntold) : [];
    } catch (error) {
      // No file, an unreadable one, or one that is cut off: there is nothing to report.
      if (error instanceof SyntaxError || hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES')) return [];
      throw error;
    }
  }

  async #write(untold: readonly Untold[]): Promise<void> {
    if (untold.length === 0) return removeFile(this.#file);
    await privateFolder(this.#folder);
    await replaceDurably(this.#file, JSON.stringify({ version: VERSION, untold: untold.slice(-MAX_UNTOLD) }));
  }
}
