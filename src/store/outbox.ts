import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, type ErrorJson, type KgitError } from '../errors.js';
import { type EventWrite, type Operation, operationToJson } from '../model/operation.js';
import { isUlid } from '../model/ulid.js';
import { type Delivery, deliveryFromJson, deliveryToJson } from './delivery.js';
import {
  createDurably,
  hasCode,
  privateFolder,
  readNamed,
  removeFile,
  replaceDurably,
  replaceWhole,
  whyNotKept,
} from './durable-files.js';

const VERSION = 1;
const RESULT_KEPT_MS = 60 * 60 * 1000;
const SEQUENCE_DIGITS = 12;
/** Files that are open at a time: fewer than any system allows. */
const READ_AT_ONCE = 64;
const NAME = /^(\d{12})-([0-9A-Z]{26})$/;

/** An operation that waits to be published. */
export interface OutboxEntry {
  /** `<sequence>-<ULID>`: its file's name. */
  readonly name: string;
  readonly id: string;
  /** Null where the file cannot be read: cut off, or of another version. */
  readonly operation: Operation | null;
  /** The store that it was made for. */
  readonly target: string;
  readonly attempts: number;
  /** Why the last attempt failed. */
  readonly error: ErrorJson | null;
  /** Whether it waits in another clone, which offered it: what becomes of it is told nobody here. */
  readonly isForeign?: boolean;
}

interface Trouble {
  attempts: number;
  error: ErrorJson;
}

/** Most runs find nothing that waits but what they have written themselves, and need no schema for it. */
const operationSchema = () => import('../model/operation-schema.js');

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Undefined where there is no such file, null for a folder of others. */
async function readText(path: string): Promise<string | null | undefined> {
  const bytes = await readNamed(path);
  return bytes ? bytes.toString('utf8') : bytes;
}

async function readJson(path: string): Promise<unknown> {
  return parseJson(await readText(path));
}

function parseJson(text: string | null | undefined): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What this process has written itself, and found again as it was, needs no schema. */
interface Own {
  readonly text: string;
  readonly operation: Operation;
}

function ownOperation(json: Record<string, unknown> | null, { operation }: Own): Operation {
  const read = json?.['operation'] as Operation;
  const events = read.events.map((item, i) => ({
    ...item,
    subject: (operation.events[i] as EventWrite).subject,
  }));
  return { ...read, events };
}

async function operationOf(json: Record<string, unknown> | null): Promise<Operation | null> {
  const { operationFromJson } = await operationSchema();
  return json?.['version'] === VERSION ? operationFromJson(json['operation']) : null;
}

async function modified(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * The durable local queue of operations not yet published: one file each, in the order of their making.
 * Beside each entry may lie its trouble (why it could not be published) and, once it is through, its result
 * for the process that waits for it.
 */
export class Outbox {
  readonly #entries: string;
  readonly #troubles: string;
  readonly #results: string;
  readonly #own = new Map<string, Own>();

  /** @param folder the clone's `kgit` folder */
  constructor(folder: string) {
    this.#entries = join(folder, 'outbox');
    this.#troubles = join(folder, 'troubles');
    this.#results = join(folder, 'results');
  }

  /** Keeps an operation durably. Throws EnvironmentError when the file system does not take it. */
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
    await privateFolder(this.#entries);
    const last = (await this.#names()).at(-1);
    const sequence = last ? Number(last.slice(0, SEQUENCE_DIGITS)) + 1 : 1;
    const name = `${String(sequence).padStart(SEQUENCE_DIGITS, '0')}-${operation.id}`;
    const entry = { version: VERSION, target, operation: operationToJson(operation) };
    const text = JSON.stringify(entry);
    if (await createDurably(join(this.#entries, name), text)) this.#own.set(name, { text, operation });
  }

  async #names(): Promise<string[]> {
    return (await names(this.#entries)).filter((name) => NAME.test(name)).sort();
  }

  /** How many operations wait. */
  async size(): Promise<number> {
    return (await this.#names()).length;
  }

  /** All that waits, in order. */
  async list(): Promise<OutboxEntry[]> {
    const entries: (OutboxEntry | null)[] = [];
    const waiting = await this.#names();
    for (let i = 0; i < waiting.length; i += READ_AT_ONCE)
      entries.push(
        ...(await Promise.all(waiting.slice(i, i + READ_AT_ONCE).map((name) => this.#entry(name)))),
      );
    return entries.filter((entry) => entry !== null);
  }

  async #entry(name: string): Promise<OutboxEntry | null> {
    const id = name.slice(SEQUENCE_DIGITS + 1);
    const text = await readText(join(this.#entries, name));
    if (text === undefined) return null;
    const json = parseJson(text) as Record<string, unknown> | null;
    const trouble = (await readJson(join(this.#troubles, id))) as Trouble | null | undefined;
    const own = this.#own.get(name);
    const operation = own?.text === text ? ownOperation(json, own) : await operationOf(json);
    const target = typeof json?.['target'] === 'string' ? json['target'] : '';
    return { name, id, operation, target, attempts: trouble?.attempts ?? 0, error: trouble?.error ?? null };
  }

  /** Takes an entry out; false when it is there no more. */
  async remove(id: string): Promise<boolean> {
    const name = (await this.#names()).find((candidate) => candidate.endsWith(`-${id}`));
    if (!name) return false;
    await this.complete({ name, id });
    return true;
  }

  /** Takes an entry out that is through. */
  async complete({ name, id }: Pick<OutboxEntry, 'name' | 'id'>): Promise<void> {
    await removeFile(join(this.#entries, name));
    await removeFile(join(this.#troubles, id));
  }

  /** Notes why an entry could not be published. */
  async recordTrouble(entry: OutboxEntry, attempts: number, error: KgitError): Promise<void> {
    await privateFolder(this.#troubles);
    const trouble: Trouble = { attempts: entry.attempts + attempts, error: error.toJSON() };
    await replaceDurably(join(this.#troubles, entry.id), JSON.stringify(trouble));
  }

  /** Leaves the result of an operation for the process that waits for it; a rejection outlives that process. */
  async report(id: string, result: Delivery): Promise<void> {
    await privateFolder(this.#results);
    const replace = result.kind === 'rejected' ? replaceDurably : replaceWhole;
    await replace(join(this.#results, id), JSON.stringify(deliveryToJson(result)));
  }

  /** Takes the result of an operation away; null while there is none. */
  async takeResult(id: string): Promise<Delivery | null> {
    const path = join(this.#results, id);
    const result = deliveryFromJson(await readJson(path));
    // Its publisher may have died before it was out: what was told to be over is not carried out again.
    if (result && result.kind !== 'pending') await this.remove(id);
    if (result) await removeFile(path);
    return result;
  }

  /** Takes out what has its result already: its publisher died before it came to that. Only under the publish lock. */
  async dropEnded(): Promise<void> {
    const results = new Set(await this.#untaken());
    for (const name of await this.#names()) {
      const id = name.slice(SEQUENCE_DIGITS + 1);
      if (!results.has(id)) continue;
      const result = deliveryFromJson(await readJson(join(this.#results, id)));
      if (result && result.kind !== 'pending') await this.complete({ name, id });
    }
  }

  /** Takes the results of rejected operations that nobody waited for, so that `sync` can tell them. */
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

  /** Removes results that nobody came for, but for those of rejected operations, which `sync` has to tell. */
  async forgetOldResults(now: number): Promise<void> {
    for (const id of await this.#untaken()) {
      const path = join(this.#results, id);
      const written = await modified(path);
      if (written === null || now - written < RESULT_KEPT_MS) continue;
      if (deliveryFromJson(await readJson(path))?.kind !== 'rejected') await removeFile(path);
    }
  }
}
