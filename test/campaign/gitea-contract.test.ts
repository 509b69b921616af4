import { afterAll, beforeAll } from 'vitest';
import type { StateStore } from '../../src/store/port/state-store.js';
import { cloneOf, git } from '../support/git-fixtures.js';
import { type GiteaServer, startGitea } from '../support/gitea-server/gitea-server.js';
import { emptyGitea } from '../support/gitea-server/gitea-state.js';
import { leaseContract } from '../support/lease-contract.js';
import { openGitStore } from '../support/open-git-store.js';
import { storeContract } from '../support/store-contract.js';

let server: GiteaServer;
beforeAll(async () => {
  server = await startGitea();
  await server.addUser('ada');
  const token = await server.token('ada', 'write:repository');
  process.env['GIT_SSL_CAINFO'] = server.authority;
  const helper = `!f() { echo username=ada; echo password=${token}; }; f`;
  git('.', 'config', '--global', 'credential.helper', helper);
});
afterAll(() => server.stop());

const under = {
  open: async () => openGitStore(cloneOf(server.url(await emptyGitea(server, 'ada'))), 'origin'),
  another: ({ target }: StateStore) =>
    openGitStore(cloneOf(target.slice(0, target.lastIndexOf('#'))), 'origin'),
};
storeContract('GitStore, a clone of a Gitea', under);
leaseContract('GitStore, a clone of a Gitea', under);
