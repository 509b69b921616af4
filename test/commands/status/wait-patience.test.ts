import { delimiter } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireKubectl, sample } from '../../k0rdent/support.js';
import { failingKubectl } from '../../support/api-server/failing-kubectl.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { kgit } from '../../support/kgit.js';
import { initialisedState } from '../../support/state-repository.js';

let server: ApiServer;
let repository: string;

beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
  server.cluster.clusters = [sample('cld-01-azure-healthy.yaml')];
  repository = await initialisedState();
});
afterAll(() => server.stop());

const failing = (words: string, times: number) => failingKubectl('*--raw*', words, times);

const wait = (folder: string, timeout: string) =>
  kgit(repository, ['wait', 'azure-prod-weu', '--for', 'ready', '--timeout', timeout], {
    env: { KUBECONFIG: server.kubeconfig, PATH: `${folder}${delimiter}${process.env['PATH']}` },
  });

it('waits through an API server that is away, says so once, and says when it answers again', async () => {
  const { folder, failures } = failing(
    'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?',
    2,
  );
  const { code, stderr, stdout } = await wait(folder, '45m');
  expect([code, failures()]).toEqual([0, 2]);
  expect(stdout).toContain('is Ready');
  expect(stderr.match(/cannot be asked/g)).toHaveLength(1);
  expect(stderr.match(/answers again/g)).toHaveLength(1);
});

it('ends at once with 17 where only you can mend it', async () => {
  const { folder, failures } = failing(
    'error: You must be logged in to the server (Unauthorized)',
    1_000_000,
  );
  const { code, stderr } = await wait(folder, '45m');
  expect([code, failures()]).toEqual([17, 1]);
  expect(stderr).toContain('error CLUSTER');
});
