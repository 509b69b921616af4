import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClusterDeployment } from '../../../src/k0rdent/cluster/cluster-deployment.js';
import {
  CLUSTER_STATES,
  type ClusterStatus,
  clusterStatus,
} from '../../../src/k0rdent/cluster/cluster-state.js';
import { SAMPLES_NOW } from '../../support/api-server/objects.js';
import { EXPECTED, sample, samples } from '../support.js';

function statusOf(object: unknown, now = SAMPLES_NOW): ClusterStatus {
  const cluster = readClusterDeployment(object);
  if (cluster === null) throw new Error('not a ClusterDeployment');
  return clusterStatus(cluster, now);
}

interface ConditionSample {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}
interface Odd {
  conditions?: ConditionSample[];
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
}
const condition = (type: string, status: string, reason = '', message = '', lastTransitionTime = '') => ({
  ...{ type, status, reason, message, lastTransitionTime },
});
const object = ({ conditions, spec, status, metadata }: Odd) => ({
  metadata: { namespace: 'ns', name: 'c', generation: 1, ...metadata },
  spec: spec ?? {},
  status: { observedGeneration: 1, conditions, ...status },
});

const rows = readFileSync(EXPECTED, 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'));

describe('cluster state of the samples', () => {
  it('has an expectation for every sample', () => {
    expect(rows.length).toBe(samples().length);
  });

  it.each(rows)('%s (%s) is %s', (place, file, state, services, ready, flags) => {
    const read = sample(file ?? '');
    const status = statusOf(read);
    expect(`${read.metadata.namespace}/${read.metadata.name}`).toBe(place);
    expect(status.state).toBe(state);
    expect(`${status.services.ready}/${status.services.total}`).toBe(services);
    expect(status.ready.status === null ? '-' : `${status.ready.status}/${status.ready.reason}`).toBe(ready);
    expect(status.flags.join(',') || '-').toBe(flags);
  });

  it('does not depend on the order of conditions and services', () => {
    fc.assert(
      fc.property(fc.constantFrom(...samples()), fc.infiniteStream(fc.nat()), (object, numbers) => {
        const shuffle = (list: unknown) =>
          Array.isArray(list)
            ? list
                .map((entry) => ({ entry, at: numbers.next().value as number }))
                .sort((a, b) => a.at - b.at)
                .map(({ entry }) => entry)
            : list;
        const status = object['status'] as Record<string, unknown> | undefined;
        if (status === undefined) return;
        const { conditions, services } = status;
        const shuffled = { ...status, conditions: shuffle(conditions), services: shuffle(services) };
        expect(statusOf({ ...object, status: shuffled })).toEqual(statusOf(object));
      }),
    );
  });
});

describe('cluster state', () => {
  const ago = (minutes: number) => new Date(SAMPLES_NOW.getTime() - minutes * 60_000).toISOString();
  const notReady = condition('Ready', 'False', 'Progressing');
  const deleting = { deletionTimestamp: '2026-08-22T09:00:00Z' };
  const services = { serviceSpec: { services: [{ name: 'a' }] } };
  const failedService = { services: [{ name: 'a', namespace: 'default', state: 'Failed' }] };

  it.each<[string, Odd, string]>([
    [
      'deletion fails',
      { metadata: deleting, conditions: [condition('Deleting', 'True', 'Failed')] },
      'DeleteFailing',
    ],
    [
      'kcm 1.8 deletes',
      { metadata: deleting, conditions: [condition('Deleting', 'False', 'Failed')] },
      'Deleting',
    ],
    ['deletion before any status', { metadata: deleting }, 'Deleting'],
    ['no condition Ready', { conditions: [condition('TemplateReady', 'True')] }, 'New'],
    ['region paused', { conditions: [notReady, condition('Paused', 'True', 'Paused')] }, 'Paused'],
    [
      'region not paused',
      { conditions: [condition('Ready', 'True'), condition('Paused', 'False', 'NotPaused')] },
      'Ready',
    ],
    [
      'a dry run that is not valid',
      { spec: { dryRun: true }, conditions: [notReady, condition('TemplateReady', 'False')] },
      'DryRunInvalid',
    ],
    [
      'a dry run whose services wait',
      { spec: { dryRun: true }, conditions: [notReady, condition('ServicesInReadyState', 'False')] },
      'DryRunValid',
    ],
    [
      'a dry run not judged yet',
      { spec: { dryRun: true }, conditions: [condition('Ready', 'Unknown')] },
      'New',
    ],
    [
      'a dry run whose release was never written',
      {
        spec: { dryRun: true },
        conditions: [condition('Ready', 'True'), condition('HelmReleaseReady', 'Unknown')],
      },
      'DryRunValid',
    ],
    [
      'a dry run on a live cluster',
      {
        spec: { dryRun: true },
        conditions: [condition('Ready', 'True'), condition('HelmReleaseReady', 'True')],
      },
      'Ready',
    ],
    [
      'ready, a service not reported',
      { spec: services, conditions: [condition('Ready', 'True')] },
      'ServicesPending',
    ],
    [
      'infrastructure down for 29 minutes',
      { conditions: [notReady, condition('CAPIClusterSummary', 'False', '', '', ago(29))] },
      'Provisioning',
    ],
    [
      'infrastructure down for 31 minutes',
      { conditions: [notReady, condition('CAPIClusterSummary', 'False', '', '', ago(31))] },
      'Failed',
    ],
    [
      'infrastructure down in an upgrade',
      {
        conditions: [
          notReady,
          condition('CAPIClusterSummary', 'False', '', '', ago(5)),
          condition('HelmReleaseReady', 'True', 'UpgradeSucceeded'),
        ],
      },
      'Updating',
    ],
    [
      'conditions whose False says nothing',
      {
        conditions: [
          notReady,
          condition('CAPIClusterSummary', 'False', '', '', ago(5)),
          condition('Paused', 'False', 'NotPaused'),
          condition('CloudResourcesDeletedCondition', 'False'),
          condition('HelmChartNameChanged', 'False'),
          condition('Deleting', 'False'),
        ],
      },
      'Provisioning',
    ],
    [
      'a service that failed in one ServiceSet and is deployed by another',
      {
        spec: services,
        status: {
          services: [...failedService.services, { name: 'a', namespace: 'default', state: 'Deployed' }],
        },
        conditions: [notReady, condition('ServicesInReadyState', 'False')],
      },
      'ServicesPending',
    ],
    ['a condition of a later kcm fails', { conditions: [notReady, condition('Future', 'False')] }, 'Failed'],
    [
      'a condition named as a method fails',
      { conditions: [notReady, condition('toString', 'False')] },
      'Failed',
    ],
    ['a service failed', { spec: services, status: failedService, conditions: [notReady] }, 'ServicesFailed'],
    ['only Ready, and it failed', { conditions: [condition('Ready', 'False', 'Failed')] }, 'Failed'],
  ])('%s', (_, odd, state) => {
    const built = object(odd);
    const conditions = odd.conditions === undefined ? {} : { conditions: odd.conditions };
    expect(statusOf({ ...built, status: { ...built.status, ...conditions } }).state).toBe(state);
  });

  it('warns of a reinstallation and of a spec that kcm has not seen', () => {
    const odd = object({
      metadata: { generation: 2 },
      spec: { dryRun: true },
      conditions: [condition('Ready', 'True'), condition('HelmChartNameChanged', 'True')],
    });
    expect(statusOf(odd).flags).toEqual(['stale', 'dry-run', 'reinstall-warning']);
  });

  it('counts no disabled service and none on its way out', () => {
    const spec = { serviceSpec: { services: [{ name: 'a' }, { name: 'off', disable: true }] } };
    const status = {
      services: [
        { name: 'a', namespace: 'default', state: 'Deployed' },
        { name: 'old', namespace: 'x', state: 'Deleting' },
        { name: 'gone', namespace: 'x', state: 'Deleted' },
      ],
    };
    expect(statusOf(object({ spec, status })).services).toEqual({ ready: 1, total: 1 });
  });

  it('reads the services of kcm 1.2 and earlier by release, and by kind where there is no release', () => {
    const spec = { serviceSpec: { services: [{ name: 'a' }, { name: 'b' }] } };
    const old = (...conditions: ConditionSample[]) =>
      statusOf(object({ spec, status: { services: [{ clusterName: 'c', conditions }] } })).services;
    const released = condition('default.a/SveltosHelmReleaseReady', 'True');
    expect(old(released)).toEqual({ ready: 1, total: 2 });
    expect(old(released, condition('Kustomize', 'True'))).toEqual({ ready: 2, total: 2 });
    expect(old(released, condition('Resources', 'False'))).toEqual({ ready: 1, total: 2 });
  });

  it('takes the newest of two conditions of one type, in either order', () => {
    const older = condition('Ready', 'True', 'Succeeded', '', '2026-08-01T00:00:00Z');
    const newer = condition('Ready', 'False', 'Failed', '', '2026-08-02T00:00:00Z');
    for (const conditions of [
      [older, newer],
      [newer, older],
    ])
      expect(statusOf(object({ conditions })).ready.reason).toBe('Failed');
  });

  it('takes the reason where kcm joined empty messages', () => {
    const odd = object({ conditions: [condition('Ready', 'Unknown', 'Progressing', '. . ')] });
    expect(statusOf(odd).ready).toEqual({ status: 'Unknown', reason: 'Progressing', message: null });
  });

  it('never crashes, whatever the object is, and keeps no config', () => {
    const any = fc.jsonValue({ maxDepth: 2 });
    const entry = fc.oneof(any, fc.record({ type: fc.constantFrom('Ready', 'Paused', 'x'), status: any }));
    const list = fc.oneof(any, fc.array(entry, { maxLength: 4 }));
    const odd = fc.oneof(any, fc.record({ conditions: list, services: list, serviceSpec: any, dryRun: any }));
    fc.assert(
      fc.property(odd, odd, fc.dictionary(fc.string(), any), (spec, status, metadata) => {
        const built = { metadata: { ...metadata, namespace: 'ns', name: 'c' }, spec, status };
        expect(CLUSTER_STATES).toContain(statusOf(built).state);
      }),
    );
    expect(readClusterDeployment(null)).toBeNull();
    expect(readClusterDeployment({ metadata: [] })).toBeNull();
    const secret = object({ spec: { config: { password: 'hunter2' } } });
    expect(JSON.stringify(readClusterDeployment(secret))).not.toContain('hunter2');
  });
});
