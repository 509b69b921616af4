import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { isMap } from '../../model/value/value.js';
import { names, readJson } from '../outbox/outbox-files.js';
import { createWhole, privateFolder, removeFile, replaceWhole } from './durable-files.js';

/** A call of a script that changes files: where, and which files it may have changed. */
export interface UnfinishedCall {
  /** The folder whose lock the call holds, absolute. */
  readonly folder: string;
  /** Absolute paths. */
  readonly paths: readonly string[];
}

/** Below the local folder of a clone. */
const FOLDER = 'script-calls';

/**
 * Notes of the calls under way, one file for each folder of state files: a call changes files before the outbox has what
 * it did, and whoever finds its note knows that it died in between. Only who holds the lock of the folder may use its note.
 */
export class UnfinishedCalls {
  readonly #folder: string;

  /** @param folder the local folder of the clone */
  constructor(folder: string) {
    this.#folder = join(folder, FOLDER);
  }

  #path(folder: string): string {
    return join(this.#folder, `${createHash('sha256').update(folder).digest('hex').slice(0, 32)}.json`);
  }

  /** Notes a call before it changes a file; false where another call has left its note. Throws EnvironmentError. */
  async begin(call: UnfinishedCall): Promise<boolean> {
    await privateFolder(this.#folder);
    return createWhole(this.#path(call.folder), JSON.stringify(call));
  }

  /** Notes more of a call that has begun. Throws EnvironmentError. */
  async extend(call: UnfinishedCall): Promise<void> {
    await replaceWhole(this.#path(call.folder), JSON.stringify(call));
  }

  /** Removes the note of a call: what it did is kept. Throws EnvironmentError. */
  async end(folder: string): Promise<void> {
    await removeFile(this.#path(folder));
  }

  /** What the note for a folder says; null where there is none, or none that can be read. */
  async noted(folder: string): Promise<UnfinishedCall | null> {
    return callOf(await readJson(this.#path(folder)));
  }

  /** All notes: of calls under way, and of those that died. */
  async all(): Promise<readonly UnfinishedCall[]> {
    const calls: UnfinishedCall[] = [];
    for (const name of await names(this.#folder)) {
      const call = name.endsWith('.json') ? callOf(await readJson(join(this.#folder, name))) : null;
      if (call !== null) calls.push(call);
    }
    return calls;
  }
}

function callOf(json: unknown): UnfinishedCall | null {
  if (!isMap(json)) return null;
  const { folder, paths } = json;
  if (typeof folder !== 'string' || !Array.isArray(paths)) return null;
  return { folder, paths: paths.filter((path) => typeof path === 'string') };
}
