/** The files of an outbox as they are, for backups. */
import { join } from 'node:path';
import { isMap } from '../../model/value/value.js';
import { readdir } from '../../platform/small-files.js';
import { orIfGone, readNamed } from './durable-files.js';

/** The folder of the outbox, in the folder for what this machine alone keeps about a store, and in a backup. */
export const OUTBOX = 'outbox';
const NAME = /^\d{12}-[0-9A-HJKMNP-TV-Z]{26}$/;

/** Whether the outbox gives this name to a file: a number and the id of its operation. */
export const isWaitingName = (name: string): boolean => NAME.test(name);

/** Reads the files of an outbox, in order. @param folder holds the folder of the outbox */
export async function readWaiting(folder: string): Promise<Map<string, Buffer>> {
  const names = await orIfGone(readdir(join(folder, OUTBOX)), []);
  const files = new Map<string, Buffer>();
  for (const name of names.filter(isWaitingName).sort()) {
    // A file that is gone by now was published.
    const text = await readNamed(join(folder, OUTBOX, name));
    if (text) files.set(name, text);
  }
  return files;
}

/** Returns the text of an outbox file for another store; null if it is none. */
export function retargeted(text: string, target: string): string | null {
  try {
    const entry: unknown = JSON.parse(text);
    return isMap(entry) ? JSON.stringify({ ...entry, target }) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
