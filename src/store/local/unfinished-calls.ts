import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Operation, operationToJson } from '../../model/operation/operation.js';
import { isMap } from '../../model/value/value.js';
import { names, readJson } from '../outbox/outbox-files.js';
import { createWhole, privateFolder, removeFile, replaceWhole } from './durable-files.js';

/** A call of a script that changes files: its folder, and the files that it may have changed. */
export interface UnfinishedCall {
  /** The folder whose lock the call holds, absolute. */
  readonly folder: string;
  /** Absolute paths. */
  readonly paths: readonly string[];
  /** If the call removes these files: the operation that records it, due once one of them is gone. */
  readonly removal?: Operation;
}

/** Below the local folder of a clone. */
const FOLDER = 'script-calls';

/**
 * Notes of calls in progress, one file for each folder of state files. A call changes files before the outbox has its
 * operation; a note that is left behind shows that the call died in between. Only the holder of the folder lock may use
 * its note.
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

  /** Notes a call before it changes a file; false if another call has left its note. Throws EnvironmentError. */
  async begin(call: UnfinishedCall): Promise<boolean> {
    await privateFolder(this.#folder);
    return createWhole(this.#path(call.folder), JSON.stringify(call));
  }

  /** Adds to the note of a call. Throws EnvironmentError. */
  async extend({ removal, ...call }: UnfinishedCall): Promise<void> {
    const json = removal === undefined ? call : { ...call, removal: operationToJson(removal) };
    await replaceWhole(this.#path(call.folder), JSON.stringify(json));
  }

  /** Removes the note of a call, once its operation is in the outbox. Throws EnvironmentError. */
  async end(folder: string): Promise<void> {
    await removeFile(this.#path(folder));
  }

  /** The note for a folder; null if there is none, or it is damaged. */
  async noted(folder: string): Promise<UnfinishedCall | null> {
    return callOf(await readJson(this.#path(folder)));
  }

  /** All notes: of calls in progress and of calls that died. */
  async all(): Promise<readonly UnfinishedCall[]> {
    const calls: UnfinishedCall[] = [];
    for (const name of await names(this.#folder)) {
      const call = name.endsWith('.json') ? await callOf(await readJson(join(this.#folder, name))) : null;
      if (call !== null) calls.push(call);
    }
    return calls;
  }
}

async function callOf(json: unknown): Promise<UnfinishedCall | null> {
  if (!isMap(json)) return null;
  const { folder, paths } = json;
  if (typeof folder !== 'string' || !Array.isArray(paths)) return null;
  const call = { folder, paths: paths.filter((path) => typeof path === 'string') };
  if (json['removal'] === undefined) return call;
  // Loaded on demand: hardly any call leaves one.
  const { operationFromJson } = await import('../../model/operation/operation-schema.js');
  const removal = operationFromJson(json['removal']);
  return removal === null ? call : { ...call, removal };
}
