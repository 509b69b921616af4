import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readClusterDetail } from '../../src/k0rdent/cluster-detail.js';
import { observe } from '../../src/k0rdent/observe.js';
import { type KubeObject, SAMPLES_NOW } from '../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../support/api-server/server.js';
import {
  istioCluster,
  kubectlFor,
  regionalCluster,
  requireKubectl,
  sample,
  sampleOthersHere,
  sveltosCluster,
} from './support.js';

let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

/** `--explain` of one cluster among the samples and `more`. */
async function explained(object: KubeObject, more: readonly KubeObject[] = []) {
  Object.assign(server.cluster, { clusters: [object], others: [...sampleOthersHere(), ...more] });
  const { namespace, name } = object.metadata;
  const { objects } = await observe({
    ...{ kubectl: kubectlFor(server), managements: [{ name: 'default', identity: null }] },
    ...{ namespace, name, keeps: () => true, now: () => SAMPLES_NOW },
  });
  const [kept] = objects.values();
  if (kept === undefined) throw new Error(`${name} was not found`);
  const { cause, related } = await readClusterDetail(kept, { now: SAMPLES_NOW, explain: true });
  const lines = (related ?? []).map(({ kind, name, state }) => `${kind} ${name}: ${state}`);
  return { cause, related: related ?? [], lines };
}

describe('what is around a cluster', () => {
  it('an adopted one has a SveltosCluster and nothing of Cluster API, and Ready is doubted where it does not answer', async () => {
    const adopted = sample('cld-10-adopted-healthy.yaml');
    const down = sveltosCluster({
      connectionStatus: 'Down',
      ready: false,
      failureMessage: 'dial tcp: i/o timeout',
    });
    const { cause, lines, related } = await explained(adopted, [down]);
    expect(lines).toContain('SveltosCluster adopted-onprem-lab: Down');
    expect(lines.filter((line) => /^(Cluster|Machine) /.test(line))).toEqual([]);
    expect(related.at(-1)?.problems).toEqual(['dial tcp: i/o timeout']);
    expect(cause).toEqual({ from: 'SveltosCluster', message: 'Down: dial tcp: i/o timeout' });
    const silent = await explained(adopted, [sveltosCluster({ connectionStatus: 'Down' })]);
    expect(silent.cause?.message).toBe('Down: k0rdent cannot reach it');
    const well = await explained(adopted, [sveltosCluster({ connectionStatus: 'Healthy', ready: true })]);
    expect(well.cause).toBeNull();
    expect(well.lines).toContain('SveltosCluster adopted-onprem-lab: Healthy');
  });

  it('a regional one has its Region, and its Cluster API objects are elsewhere', async () => {
    const regional = regionalCluster();
    const { cause, lines } = await explained(regional);
    expect(cause).toMatchObject({ from: 'Paused', message: 'the region eu-dc1 is paused' });
    expect(lines).toEqual([
      'Credential vsphere-dc1-cred: ready',
      'ClusterTemplate vsphere-standalone-cp-1-0-42: not there',
      'Region eu-dc1: paused, ready',
      'Cluster vsphere-dc1-prod: on the cluster of region eu-dc1',
    ]);
    expect(server.requests.filter(({ path }) => path.startsWith('/apis/cluster.x-k8s.io'))).toEqual([]);
    // A new one does not say its Region: its Credential does.
    const { status: _, ...bare } = regional;
    expect((await explained(bare as KubeObject)).lines).toContain('Region eu-dc1: paused, ready');
  });

  it('a MultiClusterService that matches it, and what keeps it from coming', async () => {
    const { related } = await explained(istioCluster());
    const own = related.filter(({ kind }) => kind === 'MultiClusterService');
    expect(own).toMatchObject([
      {
        ...{ name: 'kof-istio-child-cluster', state: 'not deployed' },
        problems: ['waiting for MultiClusterService kof-istio-network to deploy its services'],
      },
    ]);
    const other = await explained(sample('cld-12-kof-regional-azure.yaml'));
    expect(other.lines.filter((line) => line.startsWith('MultiClusterService'))).toEqual([]);
  });

  it('a dry run has no infrastructure to miss; a cluster that had one misses it', async () => {
    const dry = await explained(sample('cld-08-azure-dryrun-new.yaml'));
    expect(dry.lines.filter((line) => line.startsWith('Cluster '))).toEqual([]);
    const failed = await explained(sample('cld-03-aws-failed-capi.yaml'));
    expect(failed.lines).toContain('Cluster aws-prod-use1: not there');
  });

  it('says a thing once: what sums up the other conditions is left out', async () => {
    const { related } = await explained(sample('cld-02-azure-provisioning.yaml'));
    expect(related.find(({ kind }) => kind === 'Machine')?.problems).toEqual([
      'InfrastructureReady: AzureMachine status.initialization.provisioned is false',
      'NodeHealthy: Waiting for Cluster control plane to be initialized',
    ]);
  });
});
