import { restoreArchive } from '../../src/backends/archive/restore-archive.js';
import { writeArchive } from '../../src/backends/archive/write-archive.js';
import { DRIVERS } from '../../src/setup/drivers.js';
import type { Driver } from '../../src/store/port/driver.js';
import { MemoryStore } from './memory-store.js';

/** By the name that is given as `--repo`. */
const stores = new Map<string, MemoryStore>();

const openMemory: Driver = async ({ place = 'memory', localFolder }) => {
  const store = stores.get(place) ?? new MemoryStore();
  stores.set(place, store);
  const { review } = store;
  const folder = await localFolder(store.target);
  return {
    localFolder: folder,
    store,
    path: place,
    name: 'memory',
    where: `${place} (in memory)`,
    identity: {},
    review,
    backup: (request) => writeArchive(store, folder.path, request),
    restore: (request) => restoreArchive(store, folder.path, request),
  };
};

/** Lets `backend: memory` and `--repo memory:NAME` open stores of this process, in this process. */
export function registerMemoryDriver(): void {
  DRIVERS.set('memory', { schemes: ['memory'], options: {}, load: async () => openMemory });
}

/** The store that is opened under a name. */
export function memoryStore(place: string): MemoryStore {
  const store = stores.get(place) ?? new MemoryStore();
  stores.set(place, store);
  return store;
}
