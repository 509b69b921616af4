import type { EventWrite, Operation } from '../../model/operation/operation.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { readdir, stat } from '../../platform/small-files.js';
import { readNamed } from '../local/durable-files.js';

/** Version of the format of an entry's file. */
export const VERSION = 1;

/** Loaded on demand: most runs find only entries that they have written themselves, which need no schema. */
const operationSchema = () => import('../../model/operation/operation-schema.js');

/** The names of a folder's files; none if there is no folder. */
export async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The text of a file: undefined if there is none, null if it is a folder that kgit did not make. */
export async function readText(path: string): Promise<string | null | undefined> {
  const bytes = await readNamed(path);
  return bytes ? bytes.toString('utf8') : bytes;
}

/** The JSON of a file: undefined if there is none, null if it is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(await readText(path));
}

/** As `readJson`, for a result of `readText`. */
function parseJson(text: string | null | undefined): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** An entry that this process wrote: if its file is unchanged, it needs no schema. */
export interface Own {
  readonly text: string;
  readonly operation: Operation;
  readonly target: string;
}

/** Whether JSON gives a value back as it is: without undefined, -0 and everything else that JSON does not know. */
function isAsParsed(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isAsParsed);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isAsParsed);
}

/** What an entry's file holds. */
export interface Content {
  /** Null if it cannot be parsed. */
  readonly operation: Operation | null;
  readonly target: string;
  readonly isHeld?: true;
}

/** The content of an entry that this process wrote and that is unchanged. */
export function ownContent({ text, operation, target }: Own): Content {
  return { operation: isAsParsed(operation) ? operation : reread(text, operation), target };
}

/** The operation as its text has it, with the subjects that it was made with. */
function reread(text: string, { events, secrets }: Operation): Operation {
  const read = JSON.parse(text).operation as Operation;
  const kept = read.events.map((item, i) => ({ ...item, subject: (events[i] as EventWrite).subject }));
  const hidden = read.secrets?.map((item, i) => ({
    ...item,
    subject: secrets?.[i]?.subject ?? item.subject,
  }));
  return { ...read, events: kept, ...(hidden ? { secrets: hidden } : {}) };
}

/** The content of an entry's file. */
export async function contentOf(text: string | null): Promise<Content> {
  const parsed = parseJson(text);
  const json = isMap(parsed) ? parsed : null;
  const { operationFromJson } = await operationSchema();
  const target = typeof json?.['target'] === 'string' ? json['target'] : '';
  const isHeld = json?.['isHeld'] === true;
  const operation = json?.['version'] === VERSION ? operationFromJson(json['operation']) : null;
  return { operation, target, ...(isHeld ? { isHeld } : {}) };
}

/** Modification time of a file, in ms since the epoch; null if there is none. */
export async function modified(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
