import { describe, expect, it } from 'vitest';
import { readClusterDeployment } from '../../../src/k0rdent/cluster/cluster-deployment.js';
import { causeOf } from '../../../src/k0rdent/cluster/cluster-detail.js';
import { clusterStatus } from '../../../src/k0rdent/cluster/cluster-state.js';
import { contradictionsOf } from '../../../src/k0rdent/cluster/contradictions.js';
import { readDeletion } from '../../../src/k0rdent/cluster/deletion.js';
import { explainConditions } from '../../../src/k0rdent/cluster/explanation.js';
import type { RelatedObject } from '../../../src/k0rdent/cluster/related.js';
import { readServiceDetails } from '../../../src/k0rdent/cluster/service-details.js';
import { judge } from '../../../src/k0rdent/watch/wait-verdict.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { reported, sample } from '../support.js';

/** When the reported objects were read. */
const NOW = new Date('2026-11-28T18:03:30Z');

function explain(object: KubeObject, related: readonly RelatedObject[] | null = null, now = NOW) {
  const cluster = readClusterDeployment(object);
  if (cluster === null) throw new Error('not a ClusterDeployment');
  const { state, flags } = clusterStatus(cluster, now);
  const conditions = explainConditions(cluster.conditions, state);
  const [services, deletion] = [readServiceDetails(object), readDeletion(object)];
  const contradictions = contradictionsOf(cluster, state, services, related).map(({ message }) => message);
  const cause = causeOf(state, conditions, services, deletion);
  return {
    state,
    conditions,
    services,
    deletion,
    cause,
    contradictions,
    seen: { uid: cluster.uid, state, flags },
  };
}

type Condition = Record<string, unknown>;
const conditionsOf = (object: KubeObject) => (object['status'] as { conditions: Condition[] }).conditions;

/** The object with one condition replaced, or taken away where `more` is null. */
function withCondition(object: KubeObject, type: string, more: Condition | null): KubeObject {
  const known = conditionsOf(object).find((one) => one['type'] === type) ?? { type };
  const others = conditionsOf(object).filter((one) => one['type'] !== type);
  const conditions = [...others, ...(more === null ? [] : [{ ...known, ...more }])];
  return { ...object, status: { ...(object['status'] as object), conditions } };
}

const related = (kind: string, name: string, state: string, problems: string[] = []): RelatedObject => ({
  ...{ kind, namespace: 'kcm-system', name, state, problems },
});

/** One healthy cluster in the shape of a kcm release. */
const HEALTHY: readonly [string, KubeObject][] = [
  ['kcm 0.3', { ...oldShape(), apiVersion: 'k0rdent.mirantis.com/v1alpha1' }],
  ['kcm 1.2', oldShape()],
  ['kcm 1.6', withoutGeneration(sample('cld-11-remote-healthy.yaml'))],
  ['the newest kcm', sample('cld-01-azure-healthy.yaml')],
];

/** The old sample with all of its services up: Ready carries no observedGeneration, services are conditions. */
function oldShape(): KubeObject {
  const object = sample('cld-29-kcm12-aws-old-services-shape.yaml');
  const ready = withCondition(object, 'Ready', {
    status: 'True',
    reason: 'Succeeded',
    message: 'Object is ready',
  });
  const all = withCondition(ready, 'ServicesInReadyState', {
    status: 'True',
    reason: 'Succeeded',
    message: '2/2',
  });
  const status = all['status'] as { services: { conditions: Condition[] }[] };
  const services = status.services.map((one) => ({
    ...one,
    conditions: one.conditions.map((condition) => ({ ...condition, status: 'True', reason: 'Managing' })),
  }));
  return { ...all, status: { ...status, services } };
}

/** kcm 1.8 and earlier: Ready carries no observedGeneration. */
function withoutGeneration(object: KubeObject): KubeObject {
  const conditions = conditionsOf(object).map(({ observedGeneration, ...one }) =>
    one['type'] === 'Ready' ? one : { observedGeneration, ...one },
  );
  return { ...object, status: { ...(object['status'] as object), conditions } };
}

describe.each(HEALTHY)('a cluster of %s', (_, healthy) => {
  it('is Ready with its Helm release, and on its way before that', () => {
    expect(explain(healthy)).toMatchObject({ state: 'Ready', contradictions: [] });
    for (const release of [null, { status: 'Unknown', reason: 'Progressing', message: '' }]) {
      const { state, cause, seen } = explain(withCondition(healthy, 'HelmReleaseReady', release));
      expect(['Provisioning', 'Updating']).toContain(state);
      expect(cause?.from).toBe('HelmReleaseReady');
      expect(judge('Ready', null, seen)).toBe('waiting');
    }
  });

  it('whose deletion waits is Deleting, and DeleteFailing where its clean-up fails, since it was asked for', () => {
    const metadata = { ...healthy.metadata, deletionTimestamp: '2026-11-28T17:00:00Z' };
    const deleting = { ...healthy, metadata };
    expect(explain(deleting).state).toBe('Deleting');
    // Reported all the while by kcm 1.8 and earlier, without an error.
    const old = withCondition(deleting, 'Deleting', { status: 'False', reason: 'Failed', message: '' });
    expect(explain(old)).toMatchObject({ state: 'Deleting', cause: { from: 'Deleting' } });
    expect(explain(old).cause?.message).not.toContain('error');
    const failed = { status: 'False', reason: 'Failed', message: 'no route to host' };
    const failing = withCondition(old, 'CloudResourcesDeletedCondition', {
      ...{ ...failed, lastTransitionTime: '2026-11-28T17:10:00Z' },
    });
    expect(explain(failing)).toMatchObject({
      ...{ state: 'DeleteFailing', deletion: { since: '2026-11-28T17:10:00Z', message: 'no route to host' } },
    });
    // The clean-up is past once the deletion waits for a later step.
    const later = { status: 'True', reason: 'WaitingForClusterDeletion', message: '' };
    expect(explain(withCondition(failing, 'Deleting', later)).state).toBe('Deleting');
  });

  it('says both where the objects below disagree', () => {
    const ready = (...all: RelatedObject[]) => explain(healthy, all).contradictions;
    expect(ready(related('Cluster', 'c', 'Provisioned'))).toEqual([]);
    expect(ready(related('Cluster', 'c', 'Provisioned', ['RollingOut: 1 of 3 up to date']))).toEqual([
      'k0rdent says Ready, but the Cluster c is RollingOut: 1 of 3 up to date',
    ]);
    expect(ready(related('Machine', 'm1', 'Provisioning'), related('Machine', 'm2', 'Deleting'))).toEqual([
      'k0rdent says Ready, but the Machine m1 is Provisioning, and 1 more',
    ]);
    expect(ready(related('Machine', '*', 'denied'), related('Cluster', 'c', 'not there'))).toEqual([]);
    const failed = withCondition(
      withCondition(healthy, 'Ready', { status: 'False', reason: 'Failed' }),
      'CredentialReady',
      { status: 'False', reason: 'Failed', message: 'gone' },
    );
    expect(explain(failed, [related('Cluster', 'c', 'Provisioned')]).contradictions).toEqual([
      'k0rdent says Failed, but the Cluster is Provisioned',
    ]);
    expect(explain(failed).contradictions).toEqual([]);
  });
});

describe('clusters that were reported', () => {
  it('is not ready four seconds after its creation', () => {
    const { state, cause, seen } = explain(reported('cld-ready-at-4s.yaml'));
    expect(state).toBe('Provisioning');
    expect(cause).toMatchObject({
      from: 'HelmReleaseReady',
      message: expect.stringContaining('Helm release'),
    });
    expect(judge('Ready', null, seen)).toBe('waiting');
  });

  it('fails to be deleted, since it was asked for, and says why', () => {
    const { state, deletion, cause, seen } = explain(reported('cld-cleanup-fails.yaml'));
    expect(state).toBe('DeleteFailing');
    expect(deletion?.since).toBe('2026-11-28T17:43:30Z');
    expect(cause?.message).toContain('failed to delete PVCs');
    expect(judge('deleted', seen, seen)).toBe('failed');
  });

  it('shows the machines of another cluster, and says so', () => {
    const object = reported('cld-same-name.yaml');
    const own = related('Machine', 'i2504-same-name-md-1', 'Running');
    const { contradictions } = explain(object, [related('Cluster', 'i2504-same-name', 'Provisioned'), own]);
    expect(contradictions).toContainEqual(
      expect.stringContaining(
        'speaks of Machine carbide-1-gpu-md-zzz, but this cluster has none of that name',
      ),
    );
    const foreign = related('Machine', 'carbide-1-gpu-md-zzz', 'Deleting');
    const told = explain(object, [related('Cluster', 'x', 'Provisioning'), foreign]).contradictions;
    expect(told.join()).not.toContain('speaks of Machine');
  });

  it('shows the deletion of its predecessor, and says so', () => {
    const { state, contradictions } = explain(reported('cld-recreated.yaml'));
    expect(state).toBe('Provisioning');
    expect(contradictions).toEqual([
      expect.stringMatching(/Deleting: Machine deletion in progress", but nobody asked for the deletion/),
    ]);
  });

  it('is ready and cannot be reached', () => {
    const cut = related('SveltosCluster', 'i953-adopted-bad-kubeconfig', 'not ready', ['no kubeconfig']);
    const object = reported('cld-adopted-bad-kubeconfig.yaml');
    expect(explain(object, [cut]).contradictions).toEqual([
      'k0rdent says Ready, but its SveltosCluster cannot be reached: not ready: no kubeconfig',
    ]);
    expect(explain(object, [{ ...cut, problems: [] }]).contradictions).toHaveLength(1);
    expect(explain(object, [{ ...cut, state: 'Healthy', problems: [] }]).contradictions).toEqual([]);
  });
});

it('says that the count of k0rdent and the services disagree', () => {
  const object = withCondition(sample('cld-25-gcp-duplicate-service-drift.yaml'), 'ServicesInReadyState', {
    message: '1/2',
  });
  expect(explain(object).contradictions).toEqual([
    'k0rdent counts 1/2 services as ready, but 2/2 are deployed by their own states',
  ]);
});

it('shows what kcm 1.2 says of the kinds of services', () => {
  const { services } = explain(sample('cld-29-kcm12-aws-old-services-shape.yaml'));
  expect(services[0]).toMatchObject({
    ...{ name: 'kyverno', state: 'Failed', since: '2025-07-05T23:03:05Z' },
    message: expect.stringMatching(/^Release kyverno\/kyverno: .*; Helm: cannot manage chart .*managing it/),
  });
});
