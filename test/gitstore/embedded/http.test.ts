import { basename } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { StateStore } from '../../../src/store/port/state-store.js';
import { changesContract } from '../../support/changes-contract.js';
import { openEmbedded } from '../../support/embedded-git.js';
import { bareRepository, emptyRepository, git } from '../../support/git-fixtures.js';
import { historyContract } from '../../support/history-contract.js';
import { type HttpRemote, serveHttp } from '../../support/http-remote.js';
import { leaseContract } from '../../support/lease-contract.js';
import { storeContract } from '../../support/store-contract.js';

const NAME = 'embedded git, a clone over http';
const servers: HttpRemote[] = [];

/** The URL of a new repository. */
async function served(): Promise<string> {
  const path = bareRepository();
  const server = await serveHttp(path, { canPush: true });
  servers.push(server);
  return `${server.url}/${basename(path)}`;
}
/** git would wait for the server, which runs in this process. */
const cloned = async (url: string) => {
  const path = emptyRepository();
  git(path, 'remote', 'add', 'origin', url);
  return (await openEmbedded(path, 'origin')).store;
};
const open = async () => cloned(await served());
const another = ({ target }: StateStore) => cloned(target.replace(/#main$/, ''));

beforeAll(() => undefined);
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

storeContract(NAME, { open, another });
historyContract(NAME, { open });
leaseContract(NAME, { open, another });
changesContract(NAME, { open, another });
