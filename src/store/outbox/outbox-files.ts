import { readdir, stat } from 'node:fs/promises';
import type { EventWrite, Operation } from '../../model/operation/operation.js';
import { hasCode } from '../../model/value/error-codes.js';
import { readNamed } from '../local/durable-files.js';

/** Of the form of an entry's file. */
export const VERSION = 1;

/** Most runs find nothing that waits but what they have written themselves, and need no schema for it. */
const operationSchema = () => import('../../model/operation/operation-schema.js');

/** The names of a folder's files; none where there is no folder. */
export async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Undefined where there is no such file, null for a folder of others. */
export async function readText(path: string): Promise<string | null | undefined> {
  const bytes = await readNamed(path);
  return bytes ? bytes.toString('utf8') : bytes;
}

/** The JSON of a file: undefined where there is none, null where it is no JSON. */
export async function readJson(path: string): Promise<unknown> {
  return parseJson(await readText(path));
}

/** As `readJson`, of what `readText` gave. */
export function parseJson(text: string | null | undefined): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What this process has written itself, and found again as it was, needs no schema. */
export interface Own {
  readonly text: string;
  readonly operation: Operation;
}

/** The operation of an entry that this process wrote. */
export function ownOperation(json: Record<string, unknown> | null, { operation }: Own): Operation {
  const read = json?.['operation'] as Operation;
  const events = read.events.map((item, i) => ({
    ...item,
    subject: (operation.events[i] as EventWrite).subject,
  }));
  return { ...read, events };
}

/** The operation of an entry; null where it cannot be read. */
export async function operationOf(json: Record<string, unknown> | null): Promise<Operation | null> {
  const { operationFromJson } = await operationSchema();
  return json?.['version'] === VERSION ? operationFromJson(json['operation']) : null;
}

/** When a file was changed, in ms since the epoch; null where there is none. */
export async function modified(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
