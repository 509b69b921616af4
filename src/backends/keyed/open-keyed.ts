import { join } from 'node:path';
import type { DriverContext, Inspection, OpenedStore, StoreCheck } from '../../store/port/driver.js';
import type { KeySpace } from './key-space.js';
import { KeyedStore } from './keyed-store.js';

/** Where a key space is, as users are told. */
export interface KeyedPlace {
  /** The server, file or folder, without secrets. */
  readonly path: string;
  /** Name of the store. */
  readonly name: string;
  /** Whether the keys are on a server. */
  readonly isRemote: boolean;
}

/** The revision that was seen last. */
const KNOWN_FILE = 'known.json';

/** A store on a server, and its keys. */
export interface KeyedParts {
  readonly store: KeyedStore;
  readonly space: KeySpace;
}

/** An open store. */
export interface OpenedKeyed extends OpenedStore {
  /** Undefined if the keys are on this machine. */
  readonly keyed?: KeyedParts;
}

/**
 * Opens the store that a key space holds, with this machine's files below the user's state folder.
 * @param checks those of the server or the disk
 */
export async function openKeyed(
  space: KeySpace,
  { path, name, isRemote }: KeyedPlace,
  { clock, timeout, isOffline, localFolder }: DriverContext,
  checks: (inspection: Inspection) => readonly StoreCheck[],
): Promise<OpenedKeyed> {
  const folder = await localFolder(space.target);
  const knownFile = isRemote ? join(folder.path, KNOWN_FILE) : null;
  const store = new KeyedStore(space, { clock, timeoutMs: timeout, isRemote, isOffline, knownFile });
  return {
    store,
    path,
    name,
    where: `${path} (store ${name})`,
    identity: {},
    localFolder: folder,
    review: store.review,
    checks: async (inspection) => {
      const { keyedChecks } = await import('../doctor/keyed-checks.js');
      const own = keyedChecks(space, store, inspection.clock.now(), inspection.timeout);
      return { files: [], store: [...checks(inspection), ...own] };
    },
    backup: async (request) =>
      (await import('../archive/write-archive.js')).writeArchive(store, folder.path, request),
    restore: async (request) =>
      (await import('../archive/restore-archive.js')).restoreArchive(store, folder.path, request),
    ...(isRemote ? { keyed: { store, space } } : {}),
  };
}
