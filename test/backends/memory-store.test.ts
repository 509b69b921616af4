import { MemoryStore } from '../../src/backends/memory-store.js';
import { leaseContract } from '../support/lease-contract.js';
import { storeContract } from '../support/store-contract.js';

storeContract('MemoryStore', { open: async () => new MemoryStore(), another: null });
leaseContract('MemoryStore', { open: async () => new MemoryStore(), another: async (store) => store });
