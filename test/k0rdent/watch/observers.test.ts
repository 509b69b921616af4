import fc from 'fast-check';
import { expect, it } from 'vitest';
import { transitionEvent } from '../../../src/app/observe/transition-events.js';
import {
  type ClusterDeployment,
  readClusterDeployment,
} from '../../../src/k0rdent/cluster/cluster-deployment.js';
import type { Watchable } from '../../../src/k0rdent/observe/observation.js';
import { missedTransitions } from '../../../src/k0rdent/watch/missed-transitions.js';
import { type Transition, Transitions } from '../../../src/k0rdent/watch/transitions.js';
import type { SeenTransition } from '../../../src/k0rdent/watch/watch.js';
import { formatTimestamp } from '../../../src/model/event/event.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { sample } from '../support.js';

const BEGIN = Date.parse('2026-08-22T10:00:00Z');
const SECOND = 1000;
const PLACE = { management: 'default', context: 'admin' };
const FILES = [
  'cld-01-azure-healthy.yaml',
  'cld-02-azure-provisioning.yaml',
  'cld-06-openstack-upgrading-helm.yaml',
  'cld-13-kof-child-azure-services-progressing.yaml',
  'cld-17-vsphere-failed-config.yaml',
  'cld-18-openstack-service-failed.yaml',
];

const OBJECTS = new Map(FILES.map((file) => [file, sample(file)]));

/** A version of a cluster, as a watch tells it: changed at `at`, and told so many ms later. */
interface Told {
  readonly at: number;
  readonly toldAt: number;
  readonly cluster: ClusterDeployment;
}

/** How the cluster `name` is like the sample `file` since `at`, in words that change without a transition. */
function version(name: string, file: string, at: number, words: string): ClusterDeployment {
  const object = OBJECTS.get(file) as KubeObject;
  const status = object['status'] as { conditions: Record<string, unknown>[] };
  const lastTransitionTime = formatTimestamp(at);
  const conditions = status.conditions.map((one) => ({ ...one, lastTransitionTime, message: words }));
  const metadata = { ...object.metadata, namespace: 'team-a', name, uid: `${name}-1` };
  const read = readClusterDeployment({ ...object, metadata, status: { ...status, conditions } });
  if (read === null) throw new Error(`${file} is no cluster`);
  return read;
}

/** A recorded watch of two clusters: changes some seconds to two hours apart, with news that are none in between. */
const recordedWatch = fc
  .array(
    fc.record({
      name: fc.constantFrom('one', 'two'),
      file: fc.constantFrom(...FILES),
      seconds: fc.oneof(fc.integer({ min: 2, max: 90 }), fc.integer({ min: 60, max: 7_200 })),
      isHeartbeat: fc.boolean(),
      words: fc.constantFrom('0 of 8 completed', '3 of 8 completed', 'quota exceeded'),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((steps) => {
    let at = BEGIN;
    const last = new Map<string, { file: string; at: number }>();
    return steps.map(({ name, file, seconds, isHeartbeat, words }): Told => {
      at += seconds * SECOND;
      const known = last.get(name);
      const shown = isHeartbeat && known !== undefined ? known : { file, at };
      last.set(name, shown);
      return { at, toldAt: at + SECOND, cluster: version(name, shown.file, shown.at, words) };
    });
  });

/** When an observer looks by itself, as at bookmarks, in thousandths of the time between two things told. */
const looks = fc.array(fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 4 }), { maxLength: 12 });

/** What an observer of the whole watch tells, in the bytes that it would record. */
function observed(watch: readonly Told[], own: readonly (readonly number[])[]): string[] {
  let now = BEGIN;
  const transitions = new Transitions([], () => new Date(now));
  const found: Transition[] = [];
  const lookUntil = (end: number, times: readonly number[]) => {
    const begin = now;
    for (const share of [...times].sort((a, b) => a - b)) {
      now = begin + ((end - begin) * share) / 1000;
      found.push(...transitions.take({ kind: 'tick' }));
    }
  };
  watch.forEach(({ at, toldAt, cluster }, i) => {
    lookUntil(at, own[i] ?? []);
    now = toldAt;
    found.push(...transitions.take({ kind: 'seen', cluster }));
  });
  // Both end at the same time, so that what time alone does is told by both.
  now = (watch.at(-1)?.toldAt ?? BEGIN) + 3 * 3_600 * SECOND;
  found.push(...transitions.take({ kind: 'tick' }));
  return recorded(found, now);
}

const recorded = (found: readonly Transition[], now: number) =>
  found.map((one) => JSON.stringify(transitionEvent({ ...PLACE, ...one }, now)?.event)).sort();

it('observers of one watch record the same bytes, however often each looks in between', () => {
  fc.assert(
    fc.property(recordedWatch, looks, looks, (watch, one, other) => {
      expect(observed(watch, one)).toEqual(observed(watch, other));
    }),
    { numRuns: 150 },
  );
});

it('an observer that was ended and began again adds nothing where nothing happened meanwhile', () => {
  fc.assert(
    fc.property(recordedWatch, fc.nat({ max: 11 }), (watch, place) => {
      const split = Math.min(place, watch.length - 1);
      const until = watch.slice(0, split + 1);
      const now = watch[split]?.toldAt ?? BEGIN;
      const before = new Transitions([], () => new Date(now));
      const found = until.flatMap(({ cluster }) => before.take({ kind: 'seen', cluster }));
      const present = [...new Map(until.map(({ cluster }) => [cluster.name, cluster])).values()];
      const last = new Map(found.map((one) => [one.name, one]));
      const states = [...last.values()].map(({ namespace, name, uid, to, at, position }) => {
        return { namespace, name, uid: uid ?? '', state: to, at, position, deletionAt: null, dryRun: false };
      });
      const list = {
        items: present.map((cluster) => ({ cluster, object: null })),
        selection: {},
        namespace: null,
      };
      const watchable = { ...PLACE, identified: true, lists: [list] } as unknown as Watchable;
      expect(missedTransitions(states, states, watchable, new Date(now)).transitions).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

it('gives a transition the id of what happened, whatever its management cluster is called or known by', () => {
  const seen: Omit<SeenTransition, 'management'> = {
    ...{ namespace: 'team-a', name: 'prod', uid: 'one', from: 'Provisioning', to: 'Ready' },
    ...{ at: '2026-08-22T09:00:00Z', position: Date.parse('2026-08-22T09:00:00Z') },
    ...{ dated: 'api', version: '1', cause: null, dryRun: false },
  };
  const id = (more: Partial<SeenTransition>) =>
    transitionEvent({ management: 'default', ...seen, ...more }, seen.position)?.event.id;
  expect(id({})).toMatch(/^[0-9A-Z]{26}$/);
  expect(id({ management: 'eu' })).toBe(id({}));
  expect(id({ uid: 'other' })).not.toBe(id({}));
});
