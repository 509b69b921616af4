import { historyContract } from '../support/history-contract.js';
import { leaseContract } from '../support/lease-contract.js';
import { MemoryStore } from '../support/memory-store.js';
import { reviewContract } from '../support/review-contract.js';
import { storeContract } from '../support/store-contract.js';

const open = async () => new MemoryStore();
storeContract('MemoryStore', { open, another: null });
historyContract('MemoryStore', { open });
reviewContract('MemoryReview', {
  open: async () => {
    const store = new MemoryStore();
    return { store, review: store.review };
  },
});
leaseContract('MemoryStore', { open, another: async (store) => store });
