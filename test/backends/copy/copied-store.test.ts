import { MemoryKeySpace, SharedMemory } from '../../../src/backends/memory/memory-key-space.js';
import { awayStore, copiedStore } from '../../support/copied-store.js';
import { historyContract } from '../../support/history-contract.js';
import { keyedStoreContracts } from '../../support/keyed-store-contracts.js';
import { reviewContract } from '../../support/review-contract.js';
import { storeContract } from '../../support/store-contract.js';

const places = new Map<string, SharedMemory>();

function spaceOf(name: string): MemoryKeySpace {
  const shared = places.get(name) ?? new SharedMemory();
  places.set(name, shared);
  return new MemoryKeySpace(shared);
}

keyedStoreContracts('CopiedStore', spaceOf, (space) => copiedStore(space).store);

const open = async () => awayStore(new MemoryKeySpace(new SharedMemory()));
storeContract('CopiedStore whose server is away', { open, another: null });
historyContract('CopiedStore whose server is away', { open });
reviewContract('CopiedStore whose server is away', {
  open: async () => {
    const store = await open();
    return { store, review: store.review };
  },
});
