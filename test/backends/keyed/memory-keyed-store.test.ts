import { KeyedStore } from '../../../src/backends/keyed/keyed-store.js';
import { MemoryKeySpace, SharedMemory } from '../../../src/backends/memory/memory-key-space.js';
import { systemClock } from '../../../src/setup/this-host.js';
import type { Backend } from '../../../src/store/port/backend.js';
import type { StateStore } from '../../../src/store/port/state-store.js';
import { historyContract } from '../../support/history-contract.js';
import { leaseContract } from '../../support/lease-contract.js';
import { storeContract } from '../../support/store-contract.js';

function contracts(name: string, limits?: { ops: number; bytes: number }): void {
  const places = new WeakMap<StateStore, SharedMemory>();
  const client = (shared: SharedMemory): Backend => {
    const space = new MemoryKeySpace(shared, limits);
    const store = new KeyedStore(space, { clock: systemClock, timeoutMs: 5_000, isRemote: true });
    places.set(store, shared);
    return store;
  };
  const open = async () => client(new SharedMemory());
  const another = async (store: StateStore) => client(places.get(store) ?? new SharedMemory());
  storeContract(name, { open, another });
  historyContract(name, { open });
  leaseContract(name, { open, another });
}

contracts('KeyedStore in memory');
contracts('KeyedStore in memory with parts', { ops: 3, bytes: 1_300 });
