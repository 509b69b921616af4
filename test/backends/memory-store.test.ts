import { MemoryStore } from '../../src/backends/memory-store.js';
import { storeContract } from '../support/store-contract.js';

storeContract('MemoryStore', { open: async () => new MemoryStore(), another: null });
