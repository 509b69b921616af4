import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ObjectReader } from '../../../src/gitstore/objects/object-reader.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { allowLazyFetches } from '../../../src/gitstore/process/lazy-fetches.js';
import { openRepository } from '../../../src/gitstore/repository/repository.js';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { sharedState } from '../../support/state-repository.js';
import { type GitHttpsServer, startGitHttpsServer } from '../../support/transport/git-https-server.js';

const TIMEOUT = { code: 'REMOTE', data: { remote: 'unreachable', cause: 'timeout' } };

let server: GitHttpsServer;
let [commit, tree] = ['', ''];
let reader: ObjectReader;

/** A clone that has commits alone, of a server that no longer answers. */
beforeAll(async () => {
  const repository = sharedState();
  git(repository, 'config', 'uploadpack.allowFilter', 'true');
  server = await startGitHttpsServer(repository);
  [commit, tree] = [git(repository, 'rev-parse', 'main'), git(repository, 'rev-parse', 'main^{tree}')];
  const clone = join(temporaryFolder(), 'clone');
  git('.', 'clone', '--quiet', '--no-checkout', '--filter=tree:0', `file://${repository}`, clone);
  git(clone, 'remote', 'set-url', 'origin', server.url);
  server.fail('hang');
  const environment = { ...process.env, GIT_SSL_CAINFO: server.authority };
  const reading = new Git(clone, environment);
  await allowLazyFetches([reading], await openRepository(reading, clone), 500);
  reader = new ObjectReader(reading);
});
afterAll(async () => {
  await reader.close();
  await server.stop();
});

it('reads on after a fetch that took too long: what is here, and again what is not', async () => {
  for (let round = 0; round < 3; round++) {
    await expect(reader.read(tree)).rejects.toMatchObject(TIMEOUT);
    await expect(reader.read(commit)).resolves.toMatchObject({ oid: commit, type: 'commit' });
  }
});
