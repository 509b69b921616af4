import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireKubectl, sample, sampleOthersHere } from '../../k0rdent/support.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { git } from '../../support/git-fixtures.js';
import { kgit, kgitJson, startKgit } from '../../support/kgit.js';
import { until } from '../../support/patience.js';
import { initialisedState } from '../../support/state-repository.js';

/** What must appear nowhere, however it got into an object. */
const SECRETS = [
  'hunter2-live',
  'hunter2-base',
  'ghp_wJ4kq8Zr2mT6yB1nV5xC9dF3gH7jL0pQ1sAb',
  'AKIAQ3EXAMPL7WXYZ2KD',
];
const [PASSWORD, OTHER, TOKEN, KEY] = SECRETS;
const NAME = 'edge-platform/vsphere-dc2-dev';
let server: ApiServer;
let repository: string;

/** A cluster that quotes secrets in its config, conditions, services and annotations. */
function leaking(): KubeObject {
  const object = sample('cld-17-vsphere-failed-config.yaml');
  const status = object['status'] as { conditions: Record<string, unknown>[] };
  const conditions = status.conditions.map((one) => ({
    ...one,
    message: `login to https://admin:${PASSWORD}@vcenter.example failed: token=${TOKEN} password: ${OTHER}`,
  }));
  const service = {
    ...{ name: 'backup', namespace: 'velero', template: 'velero-1-0-0', type: 'Helm', state: 'Failed' },
    ...{
      failureMessage: `aws_access_key_id=${KEY} was refused`,
      lastStateTransitionTime: '2026-08-22T09:00:00Z',
    },
  };
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `{"password":"${PASSWORD}"}` };
  return {
    ...object,
    metadata: { ...object.metadata, annotations },
    spec: {
      ...(object['spec'] as object),
      config: {
        vsphere: { username: 'kgit', password: PASSWORD, server: `https://u:${OTHER}@vcenter.example` },
        env: [{ name: 'GITHUB_TOKEN', value: TOKEN }],
        script: `#!/bin/sh\nexport AWS_ACCESS_KEY_ID=${KEY}\n`,
        region: 'dc2',
      },
    },
    status: { ...status, conditions, services: [service] },
  };
}

beforeAll(async () => {
  requireKubectl();
  const event = sampleOthersHere().find(({ kind }) => kind === 'Event') as KubeObject;
  const [namespace, name] = NAME.split('/');
  const about = { kind: 'ClusterDeployment', namespace, name };
  const credential = sample('cred-02-azure-not-ready.yaml');
  const others = [
    {
      ...event,
      metadata: { ...event.metadata, namespace },
      involvedObject: about,
      message: `token=${TOKEN}`,
    },
    {
      ...{ ...credential, metadata: { ...credential.metadata, namespace, name: 'vsphere-dc2-cred' } },
      status: {
        ready: false,
        conditions: [{ type: 'CredentialReady', status: 'False', message: `password: ${OTHER}` }],
      },
    },
  ] as KubeObject[];
  const managements = [sample('mgmt-01-healthy.yaml')];
  server = await startApiServer({ managements, clusters: [leaking()], others });
  repository = await initialisedState();
  // What was recorded has no secret; the live value that it drifts from has.
  const recorded = [
    'push-event',
    'cluster_created',
    '--cluster',
    NAME,
    '--timestamp',
    '2026-08-22T09:05:00Z',
  ];
  await kgitJson(repository, [
    ...recorded,
    '--param',
    'template=other',
    '--param',
    'config.vsphere.server=vcenter.example',
  ]);
});
afterAll(() => server.stop());

function scan(output: string, how: string): void {
  const found = SECRETS.filter((secret) => output.includes(secret));
  expect(found, `${how}:\n${output}`).toEqual([]);
}

it.each([
  'status -o wide',
  'status --json',
  'status -o prometheus',
  `status ${NAME} --explain -o wide`,
  `status ${NAME} --explain -o yaml`,
  `show ${NAME} --explain -o md`,
  `show ${NAME} -o json`,
  `wait ${NAME} --for ready --json`,
])('no secret of a cluster is in kgit %s', async (line) => {
  const args = line.split(' ');
  const { stdout, stderr } = await kgit(repository, args, { env: { KUBECONFIG: server.kubeconfig } });
  scan(stdout + stderr, line);
  expect(stdout).toMatch(/vsphere-dc2-dev|kgit_clusters/);
  if (args.includes(NAME)) expect(stdout).toContain('***');
  if (line === 'status --json') expect(stdout).toContain('"path": "config.vsphere.server"');
});

it('nor in what a watch tells and records', async () => {
  const child = startKgit(repository, ['status', '--watch', '--record', '-o', 'jsonl'], {
    env: { KUBECONFIG: server.kubeconfig },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      said += text;
    });
  const closed = new Promise((resolve) => child.on('close', resolve));
  await until(() => server.journal.watches === 1);
  const { status: _, ...bare } = leaking();
  server.apply(bare as KubeObject);
  server.apply(leaking());
  await until(
    () => said.split('"changed"').length === 3,
    () => said,
  );
  child.kill('SIGINT');
  await closed;
  scan(said, 'the watch');
  expect(said).toContain('***');
  scan(git(repository, 'log', '-p', '--all'), 'the record');
  expect(git(repository, 'log', '-p', '--all')).toContain('New -> Failed: HelmChartReady');
});
