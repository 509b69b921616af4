import { expect, it } from 'vitest';
import { timeLine } from '../../../src/app/observe/time-line.js';
import { clusterLines } from '../../../src/cli/render/status/cluster-lines.js';
import { statusLines } from '../../../src/cli/render/status/status-lines.js';
import { readClusterDeployment } from '../../../src/k0rdent/cluster/cluster-deployment.js';
import { type ClusterDetail, readClusterDetail } from '../../../src/k0rdent/cluster/cluster-detail.js';
import { clusterStatus } from '../../../src/k0rdent/cluster/cluster-state.js';
import type { Kubectl } from '../../../src/k0rdent/kubectl/kubectl.js';
import { listFacts } from '../../../src/k0rdent/observe/list-facts.js';
import { styleFor } from '../../../src/terminal/style.js';
import { sample, sampleOthersHere, samples } from '../../k0rdent/support.js';
import { type KubeObject, SAMPLES_NOW } from '../../support/api-server/objects.js';

const now = SAMPLES_NOW.getTime();
const event = {
  id: '01K38MTXY00000000000000000',
  timestamp: '2026-08-22T09:00:00Z',
  action: 'cluster_upgraded',
  user: 'ada',
};

function joined(object: KubeObject) {
  const cluster = readClusterDeployment(object);
  if (cluster === null) throw new Error('not a ClusterDeployment');
  const { namespace, name, template, region, createdAt } = cluster;
  const status = clusterStatus(cluster, SAMPLES_NOW);
  const lastEvent = name === 'aws-prod-use1' ? event : null;
  return {
    cluster,
    shown: {
      ...{ management: 'default', namespace, name, template, region, createdAt, ...status, lastEvent },
      ...listFacts(cluster, status.state),
      findings: null,
    },
  };
}

/** The colours of a terminal made visible, so that a review of the pane shows them. */
const pane = (lines: readonly string[]) =>
  `${lines
    .join('\n')
    .replaceAll('\u001b[', '<')
    .replace(/<(\d+)m/g, '<$1>')}\n`;
const screen = (width: number) => ({ style: styleFor(true, {}), width, utc: true });
const fits = (text: string, width: number) => {
  for (const line of text.split('\n')) expect(line.replace(/<\d+>/g, '').length).toBeLessThanOrEqual(width);
};

it.each([80, 160])('the table at %d columns', async (width) => {
  const clusters = samples().map((object) => joined(object).shown);
  const drift = {
    kind: 'template-changed' as const,
    management: 'default',
    namespace: 'team-payments',
    name: 'aws-prod-use1',
  };
  const divergence = [
    {
      ...drift,
      detail:
        'template is aws-standalone-cp-1-0-43, recorded as aws-standalone-cp-1-0-42 by cluster_created at 2026-08-22T07:31:00Z',
    },
  ];
  const footer = 'main@a1b2c3d, 2 pending, fetched 4m ago';
  const text = pane(statusLines({ contexts: [], clusters, divergence, now, footer }, screen(width), false));
  fits(text, width);
  await expect(text).toMatchFileSnapshot(`panes/table-${width}.txt`);
});

const api = '/apis/k0rdent.mirantis.com/v1beta1';

/** One cluster as `status` shows it, its events those that the API gives. */
async function onePane(file: string, width: number, more: Partial<ClusterDetail>, events: KubeObject[] = []) {
  const object = sample(file);
  const { cluster, shown } = joined(object);
  const answer = async () => ({ kind: 'EventList', items: events });
  const kubectl: Kubectl = { get: answer, timeoutMs: 5000 } as never;
  const read = await readClusterDetail(
    { object, cluster, kubectl, api },
    { now: SAMPLES_NOW, explain: false },
  );
  const detail = { ...read, ...more };
  const recorded = [{ ...event, message: 'from 1-0-42, as agreed with the team that owns the payments' }];
  const entries = timeLine(recorded, detail.events ?? [], 15);
  const picture = { subject: 'x', cluster: shown, detail, timeLine: entries, recorded: null, now };
  const text = pane(clusterLines(picture, screen(width), false));
  fits(text, width);
  return text;
}

it.each([80, 110, 124, 160])('a last event is cut at its action, not at its user, at %d columns', (width) => {
  const clusters = samples().map((object) => joined(object).shown);
  const picture = { contexts: [], clusters, divergence: [], now, footer: '' };
  const row = statusLines(picture, { ...screen(width), style: styleFor(false, {}) }, false).find((line) =>
    line.includes('aws-prod-use1 '),
  );
  expect(row).toMatch(/ada 1h cluste|cluster_upgraded 1h ago by ada /);
});

it.each([80, 160])('a failed cluster at %d columns', async (width) => {
  const text = await onePane('cld-03-aws-failed-capi.yaml', width, {});
  await expect(text).toMatchFileSnapshot(`panes/failed-${width}.txt`);
});

it.each([80, 160])('a cluster on its way, explained, at %d columns', async (width) => {
  const place = { namespace: 'team-payments', problems: [] };
  const machine = (name: string, state: string) => ({ ...place, kind: 'Machine', name, state });
  const related = [
    { ...place, kind: 'Credential', name: 'azure-cred', state: 'ready' },
    { ...place, kind: 'ClusterTemplate', name: 'azure-standalone-cp-1-0-45', state: 'not there' },
    {
      ...{ ...place, kind: 'MultiClusterService', name: 'kof-istio-child-cluster', state: 'not deployed' },
      problems: ['waiting for MultiClusterService kof-istio-network to deploy its services'],
    },
    ...['a', 'b', 'c', 'd'].map((name) => machine(name, 'Running')),
    { ...machine('e', 'Provisioning'), problems: ['NodeHealthy: waiting for the control plane'] },
  ];
  const events = sampleOthersHere().filter(({ kind }) => kind === 'Event');
  const text = await onePane('cld-02-azure-provisioning.yaml', width, { related }, events);
  await expect(text).toMatchFileSnapshot(`panes/explained-${width}.txt`);
});
