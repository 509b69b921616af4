import { describe, expect, it } from 'vitest';
import type { ClusterState } from '../../../src/k0rdent/cluster/cluster-state.js';
import {
  type Coverage,
  findDivergence,
  type RecordedCluster,
} from '../../../src/k0rdent/observe/divergence.js';

const CREATED = '2026-08-01T10:00:00Z';
const ALL: Coverage = { management: 'mgmt', seen: '*', identified: true };

const live = (
  name: string,
  more: { state?: ClusterState; createdAt?: string; management?: string } = {},
) => ({
  ...{ management: 'mgmt', namespace: 'ns', name, state: 'Ready' as ClusterState, createdAt: CREATED },
  ...more,
});

function recorded(
  name: string,
  lifecycle: RecordedCluster['lifecycle'],
  at: string,
  more: { last?: string; importedOnly?: boolean; namespace?: string; management?: string } = {},
): RecordedCluster {
  const { last = at, importedOnly = false, namespace = 'ns', management = 'mgmt' } = more;
  return {
    subject: { kind: 'cluster', management, namespace, name },
    ...{ lifecycle, at, importedOnly, lastEvent: { timestamp: last } },
  };
}
const kinds = (...args: Parameters<typeof findDivergence>) =>
  findDivergence(...args).map(({ kind, name }) => `${kind} ${name}`);

describe('divergence of a live cluster', () => {
  it('is none where an event since its creation records it', () => {
    expect(kinds([live('a')], [recorded('a', 'created', '2026-08-01T10:00:00.500Z')], [ALL])).toEqual([]);
    const history = recorded('a', 'created', '2026-07-01T10:00:00Z', { last: '2026-08-02T10:00:00Z' });
    expect(kinds([live('a')], [history], [ALL])).toEqual([]);
  });

  it('is untracked without any event, or with those of a predecessor alone', () => {
    const old = recorded('b', 'deleted', '2026-07-01T10:00:00Z');
    const older = recorded('c', 'created', '2026-07-01T10:00:00Z');
    expect(kinds([live('a'), live('b'), live('c')], [old, older], [ALL])).toEqual([
      'untracked a',
      'untracked b',
      'untracked c',
    ]);
  });

  it('belongs to the creation that was recorded just before it, on a clock of its own', () => {
    expect(kinds([live('a')], [recorded('a', 'created', '2026-08-01T09:56:00Z')], [ALL])).toEqual([]);
    expect(kinds([live('a')], [recorded('a', 'created', '2026-08-01T09:54:00Z')], [ALL])).toEqual([
      'untracked a',
    ]);
    expect(kinds([live('a')], [recorded('a', 'deleted', '2026-08-01T09:56:00Z')], [ALL])).toEqual([
      'untracked a',
    ]);
  });

  it('is lingering where its own life was recorded as ended', () => {
    const deleted = recorded('a', 'deleted', '2026-08-02T10:00:00Z');
    expect(kinds([live('a')], [deleted], [ALL])).toEqual(['lingering a']);
    expect(kinds([live('a', { state: 'Deleting' })], [deleted], [ALL])).toEqual([]);
    expect(kinds([live('a', { state: 'DeleteFailing' })], [deleted], [ALL])).toEqual([]);
    const predecessor = recorded('a', 'deleted', '2026-07-01T10:00:00Z', { last: '2026-08-02T10:00:00Z' });
    expect(kinds([live('a')], [predecessor], [ALL])).toEqual([]);
  });

  it('keeps same-named clusters of other namespaces and management clusters apart', () => {
    const other = recorded('a', 'created', '2026-08-02T10:00:00Z', { namespace: 'other' });
    expect(kinds([live('a')], [other], [ALL])).toEqual(['untracked a', 'vanished a']);
    const elsewhere = recorded('a', 'created', '2026-08-02T10:00:00Z', { management: 'eu' });
    expect(kinds([live('a')], [elsewhere], [ALL])).toEqual(['untracked a']);
  });
});

describe('divergence of a cluster that is not live', () => {
  const gone = recorded('a', 'created', '2026-08-02T10:00:00Z');

  it('is vanished only where it was looked for, on the cluster that is meant', () => {
    expect(kinds([], [gone], [ALL])).toEqual(['vanished a']);
    expect(kinds([], [gone], [{ ...ALL, seen: ['ns'] }])).toEqual(['vanished a']);
    expect(kinds([], [gone], [{ ...ALL, seen: ['other'] }])).toEqual([]);
    expect(kinds([], [gone], [{ ...ALL, identified: false }])).toEqual([]);
    expect(kinds([], [gone], [{ ...ALL, management: 'eu' }])).toEqual([]);
    expect(kinds([], [gone], [])).toEqual([]);
  });

  it('is none where the events ended its life, or never began it', () => {
    expect(kinds([], [recorded('a', 'deleted', CREATED), recorded('b', null, CREATED)], [ALL])).toEqual([]);
  });

  it('folds into one line where the cluster is known from an import alone', () => {
    const old = ['z', 'y'].map((name) =>
      recorded(name, 'created', '2025-07-01T10:00:00Z', { importedOnly: true }),
    );
    expect(findDivergence([], [...old, gone], [ALL])).toEqual([
      expect.objectContaining({ kind: 'vanished', name: 'a' }),
      {
        kind: 'vanished',
        management: 'mgmt',
        namespace: null,
        name: null,
        detail: '2 clusters known from imported history alone, not live',
        clusters: ['ns/y', 'ns/z'],
      },
    ]);
  });
});
