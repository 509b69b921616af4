import { readdir, stat } from 'node:fs/promises';
import type { EventWrite, Operation } from '../../model/operation/operation.js';
import { hasCode } from '../../model/value/error-codes.js';
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
export function parseJson(text: string | null | undefined): unknown {
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
}

/** The operation of an entry that this process wrote and that is unchanged. */
export function ownOperation(json: Record<string, unknown> | null, { operation }: Own): Operation {
  const read = json?.['operation'] as Operation;
  const events = read.events.map((item, i) => ({
    ...item,
    subject: (operation.events[i] as EventWrite).subject,
  }));
  const secrets = read.secrets?.map((item, i) => ({
    ...item,
    subject: operation.secrets?.[i]?.subject ?? item.subject,
  }));
  return { ...read, events, ...(secrets ? { secrets } : {}) };
}

/** The operation of an entry; null if it cannot be parsed. */
export async function operationOf(json: Record<string, unknown> | null): Promise<Operation | null> {
  const { operationFromJson } = await operationSchema();
  return json?.['version'] === VERSION ? operationFromJson(json['operation']) : null;
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
