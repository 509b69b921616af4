import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readClusterDetail } from '../../../src/k0rdent/cluster/cluster-detail.js';
import { stateInCluster, stateOf } from '../../../src/k0rdent/cluster/related-state.js';
import { observe } from '../../../src/k0rdent/observe/observe.js';
import { type KubeObject, SAMPLES_NOW } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import {
  istioCluster,
  kubectlFor,
  regionalCluster,
  requireKubectl,
  sample,
  sampleOthersHere,
  sveltosCluster,
} from '../support.js';

let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

/** `--explain` of one cluster among the samples and `more`. */
async function explained(object: KubeObject, more: readonly KubeObject[] = [], explain = true) {
  Object.assign(server.cluster, { clusters: [object], others: [...sampleOthersHere(), ...more] });
  const { namespace, name } = object.metadata;
  const { objects } = await observe({
    ...{ kubectl: kubectlFor(server), managements: [{ name: 'default', identities: [] }] },
    ...{ namespace, name, keeps: () => true, now: () => SAMPLES_NOW },
  });
  const [kept] = objects.values();
  if (kept === undefined) throw new Error(`${name} was not found`);
  const { cause, related } = await readClusterDetail(kept, { now: SAMPLES_NOW, explain });
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
    server.reset();
    const brief = await explained(adopted, [down], false);
    expect(brief).toMatchObject({ cause, related: [] });
    expect(server.requests.some(({ path }) => path.includes('/credentials'))).toBe(false);
    server.reset();
    expect((await explained(sample('cld-01-azure-healthy.yaml'), [down], false)).cause).toBeNull();
    expect(server.requests.some(({ path }) => path.includes('sveltos'))).toBe(false);
  });

  it('a regional one has its Region, and its Cluster API objects are elsewhere', async () => {
    const regional = regionalCluster();
    // A new one does not say its Region: its Credential does.
    const { status: _, ...bare } = regional;
    const { lines } = await explained(bare as KubeObject);
    expect(lines).toEqual([
      'Credential vsphere-dc1-cred: ready',
      'ClusterTemplate vsphere-standalone-cp-1-0-42: not there',
      'Region eu-dc1: paused, ready',
      'Cluster vsphere-dc1-prod: on the cluster of region eu-dc1',
    ]);
    expect(server.requests.filter(({ path }) => path.startsWith('/apis/cluster.x-k8s.io'))).toEqual([]);
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
  });

  it('a dry run has no infrastructure to miss', async () => {
    const dry = await explained(sample('cld-08-azure-dryrun-new.yaml'));
    expect(dry.lines.filter((line) => line.startsWith('Cluster '))).toEqual([]);
  });
});

describe('what an object says of itself', () => {
  it('says a thing once: what sums up the other conditions is left out', () => {
    const { state, problems } = stateOf(sample('capi-02-machine-provisioning.yaml'));
    expect([state, ...problems]).toEqual([
      'Provisioning',
      'InfrastructureReady: AzureMachine status.initialization.provisioned is false',
      'NodeHealthy: Waiting for Cluster control plane to be initialized',
    ]);
  });

  it('a connection that is cut without words is told all the same', () => {
    expect(stateOf(sveltosCluster({ connectionStatus: 'Down' }))).toEqual({
      ...{ state: 'Down', problems: ['k0rdent cannot reach it'] },
    });
    expect(stateOf(sveltosCluster({ connectionStatus: 'Healthy', ready: true }))).toEqual({
      ...{ state: 'Healthy', problems: [] },
    });
  });

  it('a MultiClusterService says nothing of a cluster that it does not match', () => {
    const service = sample('mcs-02-kof-istio-child-blocked.yaml');
    expect(stateInCluster(service, 'kcm-system', 'azure-westus3')).toBeNull();
  });
});
