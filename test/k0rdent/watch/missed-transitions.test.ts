import { describe, expect, it } from 'vitest';
import { readClusterDeployment } from '../../../src/k0rdent/cluster/cluster-deployment.js';
import type { Watchable } from '../../../src/k0rdent/observe/observation.js';
import { missedTransitions, type RecordedState } from '../../../src/k0rdent/watch/missed-transitions.js';
import { placed } from '../../../src/k0rdent/watch/transition-time.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { SAMPLES_NOW } from '../../support/api-server/objects.js';
import { sample } from '../support.js';

const READY = sample('cld-01-azure-healthy.yaml');
const DELETING = sample('cld-27-azure-deleting-cloud-cleanup.yaml');
const UID = String(READY.metadata['uid']);

const readyAt = (READY['status'] as { conditions: Record<string, string>[] }).conditions.find(
  ({ type }) => type === 'Ready',
)?.['lastTransitionTime'] as string;

/** The lists of a management cluster that hold these objects: of all namespaces, or of those named. */
function lists(objects: readonly KubeObject[], namespaces: readonly string[] | null = null, fields?: string) {
  const list = (namespace: string | null) => ({
    ...{ path: namespace ?? '*', namespace, selection: { labels: undefined, fields }, resourceVersion: '1' },
    items: objects.flatMap((object) => {
      const cluster = readClusterDeployment(object);
      const isIn = cluster !== null && (namespace === null || cluster.namespace === namespace);
      return isIn ? [{ cluster, object: null }] : [];
    }),
  });
  return {
    ...{
      context: 'admin',
      management: 'default',
      identities: ['management-uid:1'],
      server: null,
      match: 'same' as const,
    },
    ...{ kubectl: {} as never, lists: namespaces === null ? [list(null)] : namespaces.map(list) },
  } satisfies Watchable;
}

function recorded(more: Partial<RecordedState> = {}): RecordedState {
  const { state = 'Provisioning', at = '2026-01-01T00:00:00Z' } = more;
  const { namespace = '', name } = READY.metadata;
  return {
    ...{ namespace, name, uid: UID, state, at, position: placed(Date.parse(at), state, null).position },
    ...{ deletionAt: null, dryRun: false, ...more },
  };
}

/** `before`: as it was recorded before the list was read; by default somebody has recorded the cluster since. */
const missed = (state: RecordedState, watchable: Watchable, before: readonly RecordedState[] = []) =>
  missedTransitions([state], before, watchable, SAMPLES_NOW);
const told = (state: RecordedState, watchable: Watchable) =>
  missed(state, watchable).transitions.map(({ from, to, at }) => [from, to, at]);

describe('what happened while nobody recorded', () => {
  it('is the last transition that the object proves, at its own time', () => {
    expect(told(recorded(), lists([READY]))).toEqual([['Provisioning', 'Ready', readyAt]]);
    expect(told(recorded({ state: 'Ready' }), lists([READY]))).toEqual([]);
    expect(told(recorded({ state: null }), lists([READY]))).toEqual([]);
  });

  it('is nothing where the record is newer than the list, or of the same second by a later state', () => {
    expect(told(recorded({ at: '2030-01-01T00:00:00Z' }), lists([READY]))).toEqual([]);
    expect(told(recorded({ at: readyAt, state: 'Failed' }), lists([READY]))).toEqual([]);
    expect(told(recorded({ at: readyAt, state: 'New' }), lists([READY]))).toHaveLength(1);
  });

  it('is nothing where it is not certain that this is the recorded management cluster', () => {
    expect(told(recorded(), { ...lists([READY]), match: 'unknown' })).toEqual([]);
  });

  it('is the end of a cluster whose deletion was recorded, at the time of that; else only that it is gone', () => {
    const deletionAt = '2026-02-01T00:00:00Z';
    const ended = recorded({ state: 'DeleteFailing', deletionAt });
    expect(told(ended, lists([]))).toEqual([['DeleteFailing', null, deletionAt]]);
    expect(missed(recorded(), lists([]))).toMatchObject({
      transitions: [],
      gone: [`${READY.metadata.namespace}/${READY.metadata.name}`],
    });
    // Where nobody looked, nothing is gone.
    for (const elsewhere of [lists([], ['other']), lists([], null, 'metadata.name=other')])
      expect(missed(ended, elsewhere)).toMatchObject({ transitions: [], gone: [] });
    expect(told(ended, lists([], [String(READY.metadata.namespace)]))).toHaveLength(1);
  });

  it('is a new life where the object is another one: the end of the old, then New, then what it is', () => {
    const born = '2026-07-01T00:00:00Z';
    const again = { ...READY, metadata: { ...READY.metadata, uid: 'new', creationTimestamp: born } };
    const before = recorded({ state: 'Deleting', deletionAt: '2026-02-01T00:00:00Z' });
    expect(told(before, lists([again]))).toEqual([
      ['Deleting', null, '2026-02-01T00:00:00Z'],
      [null, 'New', born],
      ['New', 'Ready', readyAt],
    ]);
  });

  it('is the making of a cluster that is younger than the newest record; an older one was never watched', () => {
    const made = String(DELETING.metadata['creationTimestamp']);
    const both = lists([READY, DELETING]);
    const at = (time: number) => new Date(time).toISOString();
    const [younger, older] = [-1000, 1000].map((ms) =>
      recorded({ state: 'Ready', at: at(Date.parse(made) + ms) }),
    );
    const asked = DELETING.metadata['deletionTimestamp'];
    expect(told(younger as RecordedState, both)).toEqual([
      [null, 'New', made],
      ['New', 'Deleting', asked],
    ]);
    expect(told(older as RecordedState, both)).toEqual([]);
    expect(missedTransitions([], [], both, SAMPLES_NOW).transitions).toEqual([]);
  });
});
