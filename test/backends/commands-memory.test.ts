import { registerMemoryDriver } from '../support/memory-driver.js';
import { storeCommands } from '../support/store-commands.js';

storeCommands({
  backend: 'memory',
  begin: async () => {
    registerMemoryDriver();
    return 'memory:team';
  },
  end: async () => undefined,
});
