import { expect, it } from 'vitest';
import { readClusterDeployment } from '../../../src/k0rdent/cluster/cluster-deployment.js';
import { Transitions } from '../../../src/k0rdent/watch/transitions.js';
import { sample } from '../support.js';

const read = (file: string) => {
  const cluster = readClusterDeployment(sample(file));
  if (cluster === null) throw new Error(`${file} is no cluster`);
  return cluster;
};

it('tells that a cluster has failed when its time is up, dated by the object alone', () => {
  const waiting = read('cld-02-azure-provisioning.yaml');
  const since = waiting.conditions.get('CAPIClusterSummary')?.lastTransition ?? 0;
  let now = new Date('2026-08-22T10:00:00Z');
  const transitions = new Transitions([waiting], () => now);
  expect(transitions.take({ kind: 'tick' })).toEqual([]);
  now = new Date(since + 45 * 60_000);
  const [failed, ...more] = transitions.take({ kind: 'tick' });
  expect(more).toEqual([]);
  expect(failed).toMatchObject({ from: 'Provisioning', to: 'Failed' });
  expect(Date.parse(failed?.at ?? '')).toBe(since + 30 * 60_000);
  expect(transitions.take({ kind: 'tick' })).toEqual([]);
});

it('dates a deletion by its request, and takes no end of another object for its own', () => {
  const deleting = read('cld-27-azure-deleting-cloud-cleanup.yaml');
  const asked = Date.parse(deleting.deletionRequestedAt ?? '');
  const conditions = new Map(
    [...deleting.conditions].filter(([, { lastTransition }]) => (lastTransition ?? 0) < asked),
  );
  const before = { ...deleting, conditions, deletionRequested: false, deletionRequestedAt: null };
  const transitions = new Transitions([before], () => new Date('2026-08-22T10:00:00Z'));
  const [begun] = transitions.take({ kind: 'seen', cluster: deleting });
  expect(begun).toMatchObject({ to: 'Deleting', at: deleting.deletionRequestedAt });
  expect(transitions.take({ kind: 'gone', cluster: { ...deleting, uid: 'older' } })).toEqual([]);
  expect(transitions.take({ kind: 'gone', cluster: deleting })).toMatchObject([
    { from: 'Deleting', to: null },
  ]);
  expect(transitions.take({ kind: 'gone', cluster: deleting })).toEqual([]);
});
