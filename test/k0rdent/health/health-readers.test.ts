import { describe, expect, it } from 'vitest';
import { readAccessProblems } from '../../../src/k0rdent/health/access-management.js';
import { readUnreachable } from '../../../src/k0rdent/health/adopted.js';
import { lastLook, notSeenByKcm, readLook } from '../../../src/k0rdent/health/last-look.js';
import {
  managementOf,
  readCredentialProblem,
  readManagementHealth,
  readRegionHealth,
} from '../../../src/k0rdent/health/management-health.js';
import { readMultiClusterService } from '../../../src/k0rdent/health/multi-cluster-services.js';
import { SAMPLES_NOW } from '../../support/api-server/objects.js';
import { sample, sveltosCluster } from '../support.js';

/** What a server may send instead of an object, or inside of one. */
const ODD = [undefined, null, 7, 'text', [], [null, 7, {}], {}, { metadata: 7, spec: [], status: 'no' }];
/** Objects whose names are right and whose other parts are not. */
const ODD_PARTS = ODD.map((odd) => ({
  metadata: { name: 'a', namespace: 'b', managedFields: odd, labels: odd },
  spec: odd,
  status: odd,
}));

describe('Management', () => {
  it('is ready, or names the components that are not', () => {
    expect(readManagementHealth(sample('mgmt-01-healthy.yaml'))).toEqual({
      ...{ release: 'kcm-1-11-0', ready: true, message: null, components: [] },
    });
    expect(readManagementHealth(sample('mgmt-02-degraded.yaml'))).toEqual({
      ...{ release: 'kcm-1-11-0', ready: false },
      message: 'Components not ready: [cluster-api-provider-azure]',
      components: [
        {
          name: 'cluster-api-provider-azure',
          message: 'HelmRelease kcm-system/cluster-api-provider-azure Ready condition is not updated yet',
        },
      ],
    });
  });

  it('of a kcm without its condition Ready is as its components are', () => {
    const without = (components: object) => ({ status: { release: 'kcm-0-3-0', components } });
    const ready = (components: object) => readManagementHealth(without(components)).ready;
    expect(ready({ kcm: { success: true }, capi: { success: true } })).toBe(true);
    expect(ready({ kcm: { success: true }, capi: { error: 'no chart' } })).toBe(false);
    expect(ready({ kcm: { success: true }, capi: {} })).toBeNull();
    expect(ready({})).toBeNull();
  });

  it('says nothing where it says nothing', () => {
    const nothing = { release: null, ready: null, message: null, components: [] };
    expect(readManagementHealth({})).toEqual(nothing);
    const conditions = [{ type: 'Ready', status: 'Unknown', message: 'wait' }];
    expect(readManagementHealth({ status: { conditions } })).toMatchObject({ ready: null });
  });

  it('is the one that is named kcm', () => {
    const named = (name: string) => ({ metadata: { name } });
    expect(managementOf({ items: [named('other'), named('kcm')] })).toEqual(named('kcm'));
    expect(managementOf({ items: [named('other')] })).toEqual(named('other'));
    for (const odd of ODD) expect(managementOf(odd)).toBeNull();
  });
});

describe('Region and Credential', () => {
  it('a Region is paused by its annotation, whatever its Ready says', () => {
    expect(readRegionHealth(sample('rgn-01-paused.yaml'))).toEqual({
      ...{ name: 'eu-dc1', paused: true, ready: true, message: null, components: [] },
    });
  });

  it('a Credential is told where kcm calls it not ready, and not before kcm has looked', () => {
    expect(readCredentialProblem(sample('cred-02-azure-not-ready.yaml'))).toMatchObject({
      ...{ namespace: 'team-payments', name: 'azure-cred' },
      message: expect.stringMatching(/^failed to get ClusterIdentity object/),
    });
    expect(readCredentialProblem(sample('cred-01-azure-ready.yaml'))).toBeNull();
    expect(readCredentialProblem({ metadata: { namespace: 'a', name: 'new' } })).toBeNull();
    expect(
      readCredentialProblem({ metadata: { namespace: 'a', name: 'b' }, status: { ready: false } }),
    ).toEqual({
      ...{ namespace: 'a', name: 'b', message: null },
    });
  });
});

describe('AccessManagement', () => {
  it('tells each kind that kcm 1.12 could not hand out, and the one error of before', () => {
    const message = 'Credential kcm-system/azure-cred is not found';
    expect(readAccessProblems(sample('access-01-new-rules.yaml'))).toEqual([
      { name: 'kcm', kind: 'Credential', message },
      {
        ...{ name: 'kcm', kind: 'Namespace' },
        message: 'skipped: Namespace is cluster-scoped and cannot be distributed by AccessManagement',
      },
    ]);
    expect(readAccessProblems(sample('access-02-old-rules.yaml'))).toEqual([
      { name: 'kcm', kind: null, message },
    ]);
  });

  it('tells the error of all where no kind has one of its own', () => {
    const status = { error: 'no namespaces', resources: [{ kind: 'Credential' }] };
    expect(readAccessProblems({ metadata: { name: 'kcm' }, status })).toEqual([
      { name: 'kcm', kind: null, message: 'no namespaces' },
    ]);
  });
});

describe('an adopted cluster', () => {
  it('cannot be reached where Sveltos calls it down, or never reached it', () => {
    expect(readUnreachable(sample('sveltos-01-down.yaml'))).toEqual({
      ...{ namespace: 'kcm-system', name: 'i953-adopted-bad-kubeconfig' },
      message: 'Get "https://10.0.0.5:6443/version?timeout=10s": dial tcp 10.0.0.5:6443: i/o timeout',
    });
    const of = (status: object) => readUnreachable(sveltosCluster(status))?.message ?? null;
    expect(of({ ready: true, connectionStatus: 'Down' })).toBe('k0rdent cannot reach it');
    expect(of({ ready: false, failureMessage: 'no such host' })).toBe('no such host');
    expect(of({ ready: true, connectionStatus: 'Healthy' })).toBeNull();
    // One failure of several that it takes to be down.
    expect(of({ ready: true, connectionStatus: 'Healthy', failureMessage: 'EOF' })).toBeNull();
    expect(of({})).toBeNull();
  });

  it('is not missed where it is paused', () => {
    const paused = { ...sveltosCluster({ connectionStatus: 'Down' }), spec: { paused: true } };
    expect(readUnreachable(paused)).toBeNull();
  });
});

describe('when kcm looked last', () => {
  const at = (minutes: number) => new Date(SAMPLES_NOW.getTime() - minutes * 60_000).toISOString();
  const object = (changed: number, observed: number | null, metadata: object = {}) => ({
    metadata: {
      ...{ namespace: 'team-a', name: 'prod', generation: 2, creationTimestamp: at(600) },
      managedFields: [
        { manager: 'kubectl', operation: 'Update', time: at(changed) },
        { manager: 'kcm', operation: 'Update', subresource: 'status', time: at(300) },
      ],
      ...metadata,
    },
    status: {
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at(400) }],
      ...(observed === null ? {} : { observedGeneration: observed }),
    },
  });
  const judged = (...objects: object[]) =>
    notSeenByKcm(
      objects.flatMap((one) => readLook('ClusterDeployment', one) ?? []),
      SAMPLES_NOW,
    );

  it('tells a change that nobody has looked at for a quarter of an hour', () => {
    expect(judged(object(20, 1))).toEqual({
      ...{ since: at(20), count: 1 },
      examples: [{ kind: 'ClusterDeployment', place: 'team-a/prod', since: at(20) }],
    });
    expect(judged(object(14, 1))).toBeNull();
    expect(judged(object(20, 2))).toBeNull();
    const several = judged(object(20, 1), object(45, 1, { name: 'older' }));
    expect(several).toMatchObject({ since: at(45), count: 2 });
  });

  it('counts from the last change of several: a late one is no old one', () => {
    expect(judged(object(600, 1, { deletionTimestamp: at(5) }))).toBeNull();
    expect(judged(object(600, 1, { deletionTimestamp: at(50) }))).toMatchObject({ since: at(50) });
  });

  it('tells a new object without a status', () => {
    const created = (minutes: number) => ({
      metadata: { name: 'a', generation: 1, creationTimestamp: at(minutes) },
    });
    expect(judged(created(20))).toMatchObject({ since: at(20) });
    expect(judged(created(2))).toBeNull();
  });

  it('raises no alarm where the API gives no time, or no observed generation', () => {
    expect(judged(object(20, 1, { managedFields: undefined }))).toBeNull();
    expect(judged(object(20, null))).toBeNull();
    expect(judged(object(-20, 1))).toBeNull();
  });

  it('gives the newest time at which a status was written', () => {
    const looks = [object(20, 1), object(20, 1, { managedFields: [] })].flatMap(
      (one) => readLook('R', one) ?? [],
    );
    expect(lastLook(looks)).toBe(at(300));
    expect(lastLook(looks.slice(1))).toBe(at(400));
    expect(lastLook([])).toBeNull();
  });
});

describe('what a server may send', () => {
  const readers = [
    readRegionHealth,
    readCredentialProblem,
    readAccessProblems,
    readUnreachable,
    readMultiClusterService,
    (item: unknown) => readLook('ClusterDeployment', item),
  ];

  it('is read, or left out, whatever it is', () => {
    for (const read of readers)
      for (const odd of [...ODD, ...ODD_PARTS]) expect(() => read(odd)).not.toThrow();
    for (const odd of ODD_PARTS) expect(readManagementHealth(odd)).toMatchObject({ ready: null });
  });

  it('is one line, bounded, without secrets and without controls', () => {
    const message = `password=Hunter2-Hunter2\u001b[31m\nAKIAIOSFODNN7EXAMPLE ${'x'.repeat(100_000)}`;
    const conditions = [
      { type: 'Ready', status: 'False', message },
      { type: 'CredentialReady', status: 'False', message },
    ];
    const status = {
      conditions,
      error: message,
      failureMessage: message,
      connectionStatus: 'Down',
      ready: false,
    };
    const object = {
      metadata: { namespace: 'a', name: 'b' },
      status: { ...status, components: { [message]: { error: message } } },
    };
    const matchingClusters = [{ namespace: 'a', name: 'b', deployed: false, message }];
    const all = JSON.stringify([
      ...[
        readRegionHealth(object),
        readCredentialProblem(object),
        readAccessProblems(object),
        readUnreachable(object),
      ],
      [...(readMultiClusterService({ ...object, status: { matchingClusters } })?.matching.values() ?? [])],
    ]);
    expect(all).not.toMatch(/Hunter2|AKIAIOSFODNN7EXAMPLE|\\u001b|\\n/);
    expect(all.length).toBeLessThan(6000);
  });
});
