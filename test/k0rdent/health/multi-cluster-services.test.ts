import { describe, expect, it } from 'vitest';
import { isSelectedBy, readLabels } from '../../../src/k0rdent/cluster/label-selector.js';
import { readServicesStatus } from '../../../src/k0rdent/cluster/services.js';
import {
  type CoveredCluster,
  lackOf,
  readMultiClusterService,
} from '../../../src/k0rdent/health/multi-cluster-services.js';
import { sample } from '../support.js';

describe('a label selector', () => {
  const labels = readLabels({ env: 'prod', role: 'child', empty: '', odd: 7 });
  const by = (...matchExpressions: object[]) => isSelectedBy({ matchExpressions }, labels);

  it('selects by labels and by expressions, all of them', () => {
    expect(isSelectedBy({ matchLabels: { env: 'prod', role: 'child' } }, labels)).toBe(true);
    expect(isSelectedBy({ matchLabels: { env: 'prod', role: 'other' } }, labels)).toBe(false);
    expect(by({ key: 'env', operator: 'In', values: ['dev', 'prod'] })).toBe(true);
    expect(by({ key: 'env', operator: 'NotIn', values: ['prod'] })).toBe(false);
    expect(by({ key: 'none', operator: 'NotIn', values: ['prod'] })).toBe(true);
    expect(by({ key: 'none', operator: 'In', values: ['prod'] })).toBe(false);
    expect(by({ key: 'empty', operator: 'Exists' })).toBe(true);
    expect(by({ key: 'odd', operator: 'DoesNotExist' })).toBe(true);
    expect(by({ key: 'env', operator: 'Exists' }, { key: 'env', operator: 'DoesNotExist' })).toBe(false);
  });

  it('selects nothing where it is empty or cannot be understood', () => {
    expect(isSelectedBy({}, labels)).toBe(false);
    expect(isSelectedBy({ matchLabels: {} }, labels)).toBe(false);
    expect(by({ key: 'env', operator: 'Like', values: ['prod'] })).toBe(false);
    expect(by({ operator: 'DoesNotExist' })).toBe(false);
    expect(isSelectedBy({ matchLabels: { constructor: 'x' } }, labels)).toBe(false);
  });
});

describe('a MultiClusterService', () => {
  const SERVICES = [
    { namespace: 'kof', name: 'a', template: 't' },
    { namespace: 'kof', name: 'b', template: 't' },
  ];
  const service = (status: object = {}, spec: object = {}) => {
    const read = readMultiClusterService({
      metadata: { name: 'ingress' },
      spec: {
        clusterSelector: { matchLabels: { env: 'prod' } },
        serviceSpec: { services: SERVICES },
        ...spec,
      },
      status,
    });
    if (read === null) throw new Error('not read');
    return read;
  };
  const cluster = (more: Partial<CoveredCluster> = {}, services: unknown = []): CoveredCluster => ({
    ...{ namespace: 'team-a', name: 'prod', state: 'Ready' },
    ...{ labels: new Map([['env', 'prod']]), configLabels: null, services: readServicesStatus(services) },
    ...more,
  });
  const entry = (more: object) => ({
    matchingClusters: [{ kind: 'ClusterDeployment', namespace: 'team-a', name: 'prod', ...more }],
  });

  it('that covers a cluster and is not there is told, with what it waits for', () => {
    expect(lackOf(service(), cluster())).toBe('it is not there');
    expect(lackOf(service(entry({ deployed: false })), cluster())).toBe('it is not there');
    const waits = entry({
      deployed: false,
      reason: 'MultiClusterServiceDependencyNotReady',
      message: 'waits for x',
    });
    expect(lackOf(service(waits), cluster())).toBe('waits for x');
    expect(lackOf(service(), cluster({}, [{ namespace: 'kof', name: 'a', state: 'Deployed' }]))).toBe(
      'kof/b not there',
    );
  });

  it('is not told where it is there, or where the cluster tells of its services itself', () => {
    expect(lackOf(service(entry({ deployed: true })), cluster())).toBeNull();
    const reported = SERVICES.map((one) => ({ ...one, state: 'Pending' }));
    expect(
      lackOf(service(entry({ deployed: false })), cluster({ state: 'ServicesPending' }, reported)),
    ).toBeNull();
    expect(lackOf(service(), cluster({}, reported))).toBeNull();
  });

  it('is not told of a cluster that it does not cover, or that does not stand', () => {
    expect(lackOf(service(), cluster({ labels: new Map([['env', 'dev']]) }))).toBeNull();
    expect(lackOf(service({}, { clusterSelector: {} }), cluster())).toBeNull();
    expect(lackOf(service({}, { serviceSpec: { services: [] } }), cluster())).toBeNull();
    for (const state of ['New', 'Provisioning', 'Failed', 'Deleting', 'DryRunValid', 'Paused'] as const)
      expect(lackOf(service(), cluster({ state }))).toBeNull();
    const management = {
      matchingClusters: [
        { kind: 'SveltosCluster', namespace: 'mgmt', name: 'mgmt', deployed: false, message: 'm' },
      ],
    };
    expect(
      lackOf(service(management), cluster({ namespace: 'mgmt', name: 'mgmt', labels: new Map() })),
    ).toBeNull();
  });

  it('of kcm 1.2 counts by the labels of the cluster that was made, and by its own status', () => {
    const old = service({ services: [{ clusterName: 'other', clusterNamespace: 'team-a', conditions: [] }] });
    expect(lackOf(old, cluster())).toBe('it is not there');
    expect(lackOf(old, cluster({ name: 'other' }))).toBeNull();
    expect(lackOf(old, cluster({ configLabels: new Map([['env', 'dev']]) }))).toBeNull();
    const made = { labels: new Map(), configLabels: new Map([['env', 'prod']]) };
    expect(lackOf(old, cluster(made))).toBe('it is not there');
    expect(lackOf(service(), cluster(made))).toBeNull();
  });

  it('of the samples is where it says', () => {
    const read = (file: string) => readMultiClusterService(sample(file));
    expect(read('covered-01-kof-regional.yaml')?.matching.get('kcm-system/azure-westus3')).toEqual({
      ...{ deployed: true, message: null },
    });
    expect(
      read('mcs-02-kof-istio-child-blocked.yaml')?.matching.get('kcm-system/aws-ue2-istio-child'),
    ).toEqual({
      ...{
        deployed: false,
        message: 'waiting for MultiClusterService kof-istio-network to deploy its services',
      },
    });
    expect(
      readMultiClusterService({ metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    ).toBeNull();
  });
});
