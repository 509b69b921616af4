import { join } from 'node:path';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { storeCommands } from '../../support/store-commands.js';

storeCommands({
  backend: 'file',
  begin: async () => `file:${join(temporaryFolder(), 'state')}`,
  end: async () => undefined,
});
