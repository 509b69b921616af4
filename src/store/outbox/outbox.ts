import { join } from 'node:path';
import { EnvironmentError, type ErrorJson, type KgitError, readErrorJson } from '../../errors.js';
import { type Operation, operationToJson } from '../../model/operation/operation.js';
import { isUlid } from '../../model/value/ulid.js';
import { isMap } from '../../model/value/value.js';
import { moveAside } from '../local/damaged-files.js';
import {
  createDurably,
  privateFolder,
  removeFile,
  replaceDurably,
  replaceWhole,
  whyNotKept,
} from '../local/durable-files.js';
import { type Delivery, deliveryFromJson, deliveryToJson } from './delivery.js';
import {
  contentOf,
  modified,
  names,
  type Own,
  ownContent,
  readJson,
  readText,
  VERSION,
} from './outbox-files.js';
import { Published } from './published.js';

const RESULT_KEPT_MS = 60 * 60 * 1000;
const SEQUENCE_DIGITS = 12;
/** How many files are open at a time: fewer than any system allows. */
const READ_AT_ONCE = 64;
const NAME = /^(\d{12})-([0-9A-Z]{26})$/;

/** An operation that waits to be published. */
export interface OutboxEntry {
  /** `<sequence>-<ULID>`: its file's name. */
  readonly name: string;
  readonly id: string;
  /** Null if the file cannot be parsed: cut off, or of another version. */
  readonly operation: Operation | null;
  /** The store that it was made for. */
  readonly target: string;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly error: ErrorJson | null;
  /** Set if the operation was refused alone: it waits behind all others. */
  readonly refused?: RefusedBefore;
  /** Whether the server lost it after it was published: it waits until the user, who was told, runs `kgit sync`. */
  readonly isHeld?: boolean;
}

/** The record of an operation that was refused alone. */
export interface RefusedBefore {
  /** How many times. */
  readonly times: number;
  /** When a write tries it again along with its own operation, in ms since the epoch; `kgit sync` does at any time. */
  readonly next: number;
}

interface Trouble {
  readonly attempts: number;
  readonly error: ErrorJson;
  readonly refused?: RefusedBefore;
}

/** The trouble that a file holds; null where there is none, or it is damaged: the next try makes it anew. */
function readTrouble(json: unknown): Trouble | null {
  if (!isMap(json)) return null;
  const { attempts, refused } = json;
  const error = readErrorJson(json['error']);
  if (error === null || !Number.isSafeInteger(attempts)) return null;
  const trouble = { attempts: Number(attempts), error };
  if (!isMap(refused) || !Number.isFinite(refused['times']) || !Number.isFinite(refused['next']))
    return trouble;
  return { ...trouble, refused: { times: Number(refused['times']), next: Number(refused['next']) } };
}

/**
 * The durable local queue of operations that are not published yet: one file each, in the order in which they were made.
 * An entry may have a trouble file (why it could not be published) and, once it is done, a result file for the process
 * that waits for it.
 */
export class Outbox {
  readonly #folder: string;
  readonly #entries: string;
  readonly #troubles: string;
  readonly #results: string;
  readonly #own = new Map<string, Own>();
  readonly #published: Published;

  /** @param folder the clone's `kgit` folder */
  constructor(folder: string) {
    this.#folder = folder;
    this.#published = new Published(join(folder, 'published'));
    this.#entries = join(folder, 'outbox');
    this.#troubles = join(folder, 'troubles');
    this.#results = join(folder, 'results');
  }

  /**
   * Sets how long published operations are kept (`publish.keep`).
   * @param keepMs how long, in ms
   */
  keepPublished(now: () => number, keepMs: number): void {
    this.#published.configure(now, keepMs);
  }

  /** Adds an operation durably. Throws EnvironmentError if the file system does not take it. */
  async add(operation: Operation, target: string): Promise<void> {
    try {
      await this.#add(operation, target);
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      throw new EnvironmentError(
        `the outbox in ${this.#entries} cannot be written: ${whyNotKept(error.cause)}; nothing was written`,
        {
          cause: error.cause,
          data: { path: this.#entries },
          suggestions: [
            ...error.suggestions,
            'Or write from a clone of your own: kgit clone URL, or --repo URL',
          ],
        },
      );
    }
  }

  async #add(operation: Operation, target: string): Promise<void> {
    const name = await this.#nextName(operation.id);
    const entry = { version: VERSION, target, operation: operationToJson(operation) };
    const text = JSON.stringify(entry);
    if (await createDurably(join(this.#entries, name), text))
      this.#own.set(name, { text, operation, target });
  }

  async #nextName(id: string): Promise<string> {
    await privateFolder(this.#entries);
    // Sorting all names would cost more than the write itself.
    let last = '';
    for (const name of await names(this.#entries)) if (name > last && NAME.test(name)) last = name;
    const sequence = last !== '' ? Number(last.slice(0, SEQUENCE_DIGITS)) + 1 : 1;
    return `${String(sequence).padStart(SEQUENCE_DIGITS, '0')}-${id}`;
  }

  /** Whether operations wait, and whether some that were published are kept. */
  async holds(): Promise<[waiting: boolean, published: boolean]> {
    return [(await this.size()) > 0, (await this.#published.list()).length > 0];
  }

  /** The operations that this clone published and still keeps, in the order of publishing. */
  async listPublished(): Promise<OutboxEntry[]> {
    const entries: OutboxEntry[] = [];
    for (const { path, name } of await this.#published.list()) {
      const text = await readText(path);
      if (text !== undefined) entries.push(await this.#parse(name, text));
    }
    return entries;
  }

  /**
   * Puts a published operation back into the outbox, for the next `kgit sync` to publish again.
   * @param why the reason why it is not at the remote; null if unknown
   * @returns false if it is no longer kept
   */
  async requeue(id: string, why: KgitError | null): Promise<boolean> {
    const kept = (await this.#published.list()).find(({ name }) => name.endsWith(`-${id}`));
    if (!kept) return false;
    const json = await readJson(kept.path);
    if (!isMap(json) || !isMap(json['operation'])) return false;
    // It was published while its lease was held, and that lease has ended.
    const { claim: _, ...operation } = json['operation'];
    const text = JSON.stringify({ ...json, operation, isHeld: true });
    if (!(await this.#nameOf(id))) await createDurably(join(this.#entries, await this.#nextName(id)), text);
    await removeFile(kept.path);
    if (why) await this.recordTrouble({ id, attempts: 0 }, 0, why);
    return true;
  }

  async #nameOf(id: string): Promise<string | undefined> {
    return (await this.#names()).find((candidate) => candidate.endsWith(`-${id}`));
  }

  async #names(): Promise<string[]> {
    return (await names(this.#entries)).filter((name) => NAME.test(name)).sort();
  }

  /** The number of entries. */
  async size(): Promise<number> {
    return (await this.#names()).length;
  }

  /** Ids of the entries, in order, whether they can be read or not. */
  async ids(): Promise<string[]> {
    return (await this.#names()).map((name) => name.slice(SEQUENCE_DIGITS + 1));
  }

  /** All entries, in order. @param passes filters the texts of entries before they are parsed */
  async list(passes: (text: string) => boolean = () => true): Promise<OutboxEntry[]> {
    const entries: (OutboxEntry | null)[] = [];
    const waiting = await this.#names();
    for (let i = 0; i < waiting.length; i += READ_AT_ONCE)
      entries.push(
        ...(await Promise.all(waiting.slice(i, i + READ_AT_ONCE).map((name) => this.#entry(name, passes)))),
      );
    return entries.filter((entry) => entry !== null);
  }

  async #entry(name: string, passes: (text: string) => boolean): Promise<OutboxEntry | null> {
    const text = await readText(join(this.#entries, name));
    return text === undefined || !passes(text ?? '') ? null : this.#parse(name, text);
  }

  async #parse(name: string, text: string | null): Promise<OutboxEntry> {
    const id = name.slice(SEQUENCE_DIGITS + 1);
    const trouble = readTrouble(await readJson(join(this.#troubles, id)));
    const own = this.#own.get(name);
    const content = own?.text === text ? ownContent(own) : await contentOf(text);
    const [attempts, error] = [trouble?.attempts ?? 0, trouble?.error ?? null];
    const refused = trouble?.refused;
    return { name, id, ...content, attempts, error, ...(refused ? { refused } : {}) };
  }

  /** Removes an entry; false if there is none. */
  async remove(id: string): Promise<boolean> {
    return this.#end(id, false);
  }

  async #end(id: string, isPublished: boolean): Promise<boolean> {
    const name = await this.#nameOf(id);
    if (!name) return false;
    await this.complete({ name, id }, isPublished);
    return true;
  }

  /** Removes the file and the trouble of an entry that is done; a published one is kept for a while. */
  async complete({ name, id }: Pick<OutboxEntry, 'name' | 'id'>, isPublished: boolean): Promise<void> {
    const path = join(this.#entries, name);
    if (isPublished && (await readText(path)) !== null) await this.#published.keep(path, name);
    else await this.#discard(path);
    await removeFile(join(this.#troubles, id));
  }

  /** Removes an entry's file; a folder that stands in its place is no entry of kgit's, and is set aside. */
  async #discard(path: string): Promise<void> {
    if ((await readText(path)) !== null || (await moveAside(this.#folder, path)) === null)
      await removeFile(path);
  }

  /**
   * Records why an entry could not be published.
   * @param refused set if it was refused alone; else an earlier record of that stays
   */
  async recordTrouble(
    entry: Pick<OutboxEntry, 'id' | 'attempts' | 'refused'>,
    attempts: number,
    error: KgitError,
    refused = entry.refused,
  ): Promise<void> {
    await privateFolder(this.#troubles);
    const trouble = { attempts: entry.attempts + attempts, error: error.toJSON() };
    const text = JSON.stringify({ ...trouble, ...(refused ? { refused } : {}) } satisfies Trouble);
    // After a power loss the next try records the trouble again; a refusal says when that try is due, so it must last.
    await (refused ? replaceDurably : replaceWhole)(join(this.#troubles, entry.id), text);
  }

  /** Leaves the result of an operation for the process that waits for it. A rejection is durable: `sync` reports it later. */
  async report(id: string, result: Delivery): Promise<void> {
    await privateFolder(this.#results);
    const replace = result.kind === 'rejected' ? replaceDurably : replaceWhole;
    await replace(join(this.#results, id), JSON.stringify(deliveryToJson(result)));
  }

  /** Takes the result of an operation; null if there is none yet. */
  async takeResult(id: string): Promise<Delivery | null> {
    const path = join(this.#results, id);
    const result = deliveryFromJson(await readJson(path));
    // Its publisher may have died before it removed the entry: an operation that was reported as done is not repeated.
    if (result && result.kind !== 'pending') await this.#end(id, result.kind === 'published');
    if (result) await removeFile(path);
    return result;
  }

  /** Why an operation was rejected; null if it was not, or its result was taken. */
  async rejection(id: string): Promise<KgitError | null> {
    const result = deliveryFromJson(await readJson(join(this.#results, id)));
    return result?.kind === 'rejected' ? result.error : null;
  }

  /** Removes entries that have a result: their publisher died before it removed them. Only under the publish lock. */
  async dropEnded(): Promise<void> {
    const results = new Set(await this.#untaken());
    for (const name of await this.#names()) {
      const id = name.slice(SEQUENCE_DIGITS + 1);
      if (!results.has(id)) continue;
      const result = deliveryFromJson(await readJson(join(this.#results, id)));
      if (result && result.kind !== 'pending') await this.complete({ name, id }, result.kind === 'published');
    }
  }

  /** Takes the results of rejected operations that nobody waited for, so that `sync` can report them. */
  async takeRejected(): Promise<{ id: string; error: KgitError }[]> {
    const rejected: { id: string; error: KgitError }[] = [];
    for (const id of await this.#untaken()) {
      const result = deliveryFromJson(await readJson(join(this.#results, id)));
      if (result?.kind !== 'rejected') continue;
      rejected.push({ id, error: result.error });
      await this.remove(id);
      await removeFile(join(this.#results, id));
    }
    return rejected;
  }

  async #untaken(): Promise<string[]> {
    return (await names(this.#results)).filter(isUlid).sort();
  }

  /** Removes old results, except those of rejected operations, which `sync` reports, and operations published long ago. */
  async forgetOld(now: number): Promise<void> {
    await this.#published.pruneAtTimes(now);
    for (const id of await this.#untaken()) {
      const path = join(this.#results, id);
      const written = await modified(path);
      if (written === null || now - written < RESULT_KEPT_MS) continue;
      if (deliveryFromJson(await readJson(path))?.kind !== 'rejected') await removeFile(path);
    }
  }
}
