import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClusterDeployment } from '../../../src/k0rdent/cluster/cluster-deployment.js';
import { causeOf } from '../../../src/k0rdent/cluster/cluster-detail.js';
import { CLUSTER_STATES, clusterStatus } from '../../../src/k0rdent/cluster/cluster-state.js';
import { readConditions } from '../../../src/k0rdent/cluster/condition.js';
import { readDeletion } from '../../../src/k0rdent/cluster/deletion.js';
import { explainConditions, gistOf } from '../../../src/k0rdent/cluster/explanation.js';
import { readServiceDetails } from '../../../src/k0rdent/cluster/service-details.js';
import { type KubeObject, SAMPLES_NOW } from '../../support/api-server/objects.js';
import { sample } from '../support.js';

function explain(object: KubeObject) {
  const cluster = readClusterDeployment(object);
  if (cluster === null) throw new Error('not a ClusterDeployment');
  const { state } = clusterStatus(cluster, SAMPLES_NOW);
  const conditions = explainConditions(cluster.conditions, state);
  const [services, deletion] = [readServiceDetails(object), readDeletion(object)];
  return { state, conditions, services, deletion, cause: causeOf(state, conditions, services, deletion) };
}

describe('the cause of a state', () => {
  it.each([
    ['cld-01-azure-healthy.yaml', null, ''],
    [
      'cld-02-azure-provisioning.yaml',
      'CAPIClusterSummary',
      'ControlPlaneInitialized: Control plane not yet',
    ],
    ['cld-03-aws-failed-capi.yaml', 'CAPIClusterSummary', 'InfrastructureReady: 0 of 8 completed'],
    ['cld-04-gcp-gke-deleting.yaml', 'Deleting', "the cluster's infrastructure"],
    ['cld-13-kof-child-azure-services-progressing.yaml', 'service', ''],
    ['cld-15-aws-failed-credential-missing.yaml', 'CredentialReady', 'failed to get Credential'],
    ['cld-17-vsphere-failed-config.yaml', 'HelmChartReady', ''],
    [
      'cld-18-openstack-service-failed.yaml',
      'service postgres/postgres-operator',
      'context deadline exceeded',
    ],
    ['cld-22-azure-no-status.yaml', 'Ready', 'not reported'],
    ['cld-27-azure-deleting-cloud-cleanup.yaml', 'Deleting', 'load balancers and volumes'],
    ['cld-29-kcm12-aws-old-services-shape.yaml', 'service', ''],
  ])('%s: %s', (file, from, words) => {
    const { cause, conditions } = explain(sample(file));
    if (from === null) expect(cause).toBeNull();
    else expect(cause?.from).toMatch(new RegExp(`^${from}`));
    expect(cause?.message ?? '').toContain(words);
    expect(conditions.at(-1)?.type ?? 'Ready').toBe('Ready');
  });

  it('is the first bullet with words, the first line where there are none', () => {
    expect(gistOf('Not ready.\n* A:\n  * B: broken\n* C: also')).toBe('B: broken');
    expect(gistOf('\nhelm failed\nmore')).toBe('helm failed');
    expect(gistOf('')).toBe('');
  });
});

const condition = fc.record({
  type: fc.constantFrom(
    'Ready',
    'CredentialReady',
    'CAPIClusterSummary',
    'Paused',
    'Deleting',
    'toString',
    'Later',
  ),
  status: fc.constantFrom('True', 'False', 'Unknown', 'odd'),
  reason: fc.option(fc.string(), { nil: undefined }),
  message: fc.option(fc.string(), { nil: undefined }),
  lastTransitionTime: fc.constantFrom(undefined, 'never', '2026-08-22T09:00:00Z', '2026-08-22T08:00:00Z'),
});

describe('the order of conditions', () => {
  it('does not depend on their order in the object, loses none, and bears any', () => {
    fc.assert(
      fc.property(fc.array(condition), fc.constantFrom(...CLUSTER_STATES), (list, state) => {
        const forwards = explainConditions(readConditions(list), state);
        expect(explainConditions(readConditions([...list].reverse()), state)).toEqual(forwards);
        expect(forwards.length).toBe(new Set(list.map(({ type }) => type)).size);
        const rank = forwards
          .filter(({ type }) => type !== 'Ready')
          .map(({ meaning }) => ['problem', 'waiting', 'warning', 'fine'].indexOf(meaning));
        expect(rank).toEqual([...rank].sort());
        causeOf(state, forwards, [], null);
      }),
    );
  });

  it('puts what fails first in the work of kcm before what fails behind it', () => {
    const types = ['ServicesInReadyState', 'Ready', 'HelmReleaseReady', 'Later', 'CredentialReady'];
    const all = readConditions(types.map((type) => ({ type, status: 'False' })));
    expect(explainConditions(all, 'Failed').map(({ type }) => type)).toEqual([
      ...['CredentialReady', 'HelmReleaseReady', 'Later', 'ServicesInReadyState', 'Ready'],
    ]);
  });
});

describe('services', () => {
  it('tells one that two ServiceSets report once, by its better state, with the conflict', () => {
    const { services } = explain(sample('cld-25-gcp-duplicate-service-drift.yaml'));
    expect(services.map(({ state }) => state)).toEqual(['Deployed', 'Deployed']);
    expect(services.filter(({ conflict }) => conflict !== null)).toHaveLength(1);
    expect(services.find(({ conflict }) => conflict)?.conflict).toMatch(/^Failed: .*manag/);
  });

  it('reads the shape of kcm 1.2, names what is wanted and not reported, and puts what failed first', () => {
    const old = explain(sample('cld-29-kcm12-aws-old-services-shape.yaml')).services;
    expect(old).toHaveLength(2);
    expect(old.some(({ state }) => state === 'Deployed')).toBe(true);
    expect(explain(sample('cld-03-aws-failed-capi.yaml')).services).toMatchObject([{ state: 'Missing' }]);
    expect(explain(sample('cld-18-openstack-service-failed.yaml')).services[0]?.state).toBe('Failed');
  });
});

describe('a deletion', () => {
  it('says what it waits for, also where kcm 1.8 says nothing', () => {
    expect(readDeletion(sample('cld-01-azure-healthy.yaml'))).toBeNull();
    expect(explain(sample('cld-04-gcp-gke-deleting.yaml')).deletion).toMatchObject({
      requestedAt: '2026-08-22T09:41:00Z',
      message: 'Deleting: Waiting for GCPManagedControlPlane to be deleted',
      finalizers: ['k0rdent.mirantis.com/cluster-deployment'],
    });
    const { metadata } = sample('cld-04-gcp-gke-deleting.yaml');
    const bare = {
      metadata,
      status: { conditions: [{ type: 'Deleting', status: 'True', reason: 'Failed', message: 'x' }] },
    };
    expect(readDeletion(bare)).toMatchObject({ waitingFor: 'an error to go away', message: 'x' });
    expect(readDeletion({ metadata })?.waitingFor).toContain('does not say');
  });
});
