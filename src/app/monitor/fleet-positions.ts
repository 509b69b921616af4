import { CLUSTER_STATES, type ClusterState, clusterStatus } from '../../k0rdent/cluster/cluster-state.js';
import type { Watchable } from '../../k0rdent/observe/observation.js';
import { missedTransitions, type RecordedState } from '../../k0rdent/watch/missed-transitions.js';
import { placed, timeOf } from '../../k0rdent/watch/transition-time.js';
import type { SeenTransition } from '../../k0rdent/watch/watch.js';
import { formatTimestamp } from '../../model/event/event.js';
import { isMap, type Value } from '../../model/value/value.js';
import type { PositionChanges, Positions } from '../../news/segment.js';

const PREFIX = 'cluster/';

/** The last state of a cluster that was told. */
interface Told {
  readonly uid: string | null;
  readonly state: ClusterState;
  /** RFC 3339 */
  readonly at: string;
  readonly position: number;
}

type Place = Pick<SeenTransition, 'management' | 'namespace' | 'name'>;

/** What a look at a management cluster adds. */
export interface SinceTold {
  readonly transitions: readonly SeenTransition[];
  readonly positions: PositionChanges;
}

/**
 * The last state of each cluster that was told, so that a server that starts again tells what it missed, once. A cluster
 * that is there when its management cluster is first watched is no news.
 */
export class FleetPositions {
  readonly #told = new Map<string, Told>();

  constructor(positions: Positions) {
    for (const [key, value] of positions) {
      const told = key.startsWith(PREFIX) ? readTold(value) : null;
      if (told !== null) this.#told.set(key, told);
    }
  }

  /** Notes transitions that are told, and returns their positions. */
  take(transitions: readonly SeenTransition[]): PositionChanges {
    const changes: Record<string, Value> = {};
    for (const one of transitions) {
      const key = keyOf(one);
      const { uid, to, at, position } = one;
      if (to === null) this.#told.delete(key);
      else this.#told.set(key, { uid, state: to, at, position });
      changes[key] = to === null ? null : { uid, state: to, at, position };
    }
    return changes;
  }

  /**
   * Compares the lists of a context with what was told. Of several transitions in between an object proves only the last
   * one. A cluster that is missing is gone only where its namespace was listed and the context certainly is that
   * management cluster.
   */
  since(watchable: Watchable, now: Date): SinceTold {
    const { management, lists, match } = watchable;
    const live = lists.flatMap(({ items }) => items.map(({ cluster }) => cluster));
    const uids = new Set(live.map(({ uid }) => uid));
    const told = this.#of(management).filter(({ uid }) => match === 'same' || uids.has(uid));
    // A UID names one object alone, whatever identifies the management cluster.
    const found = missedTransitions(told, told, { ...watchable, match: 'same' }, now);
    const gone = told.flatMap((one): SeenTransition[] => {
      const { namespace, name, uid, state, position } = one;
      if (!found.gone.includes(`${namespace}/${name}`)) return [];
      const place = placed(now.getTime(), null, { at: Date.parse(one.at), position });
      const dated = {
        at: formatTimestamp(place.at),
        dated: 'observation',
        position: place.position,
      } as const;
      const end = { from: state, to: null, version: null, cause: null, dryRun: false };
      return [{ management, namespace, name, uid, ...end, ...dated }];
    });
    const transitions = [...found.transitions, ...gone];
    const changes: Record<string, Value> = { ...this.take(transitions) };
    for (const cluster of live) {
      const key = keyOf({ management, ...cluster });
      if (this.#told.get(key)?.uid === cluster.uid) continue;
      const { state } = clusterStatus(cluster, now);
      const place = placed(timeOf(cluster, state) ?? now.getTime(), state, null);
      const value = { uid: cluster.uid, state, at: formatTimestamp(place.at), position: place.position };
      this.#told.set(key, value);
      changes[key] = value;
    }
    return { transitions, positions: changes };
  }

  #of(management: string): RecordedState[] {
    const prefix = `${PREFIX}${management}/`;
    return [...this.#told].flatMap(([key, { uid, state, at, position }]) => {
      if (uid === null || !key.startsWith(prefix)) return [];
      const [namespace = '', name = ''] = key.slice(prefix.length).split('/');
      const deletionAt = state === 'Deleting' ? at : null;
      return [{ namespace, name, uid, state, at, position, deletionAt, dryRun: false }];
    });
  }
}

function keyOf({ management, namespace, name }: Place): string {
  return `${PREFIX}${management}/${namespace}/${name}`;
}

function readTold(value: Value): Told | null {
  if (!isMap(value)) return null;
  const { uid, state: word, at, position } = value;
  const state = CLUSTER_STATES.find((one) => one === word);
  const isRight =
    (uid === null || typeof uid === 'string') && typeof at === 'string' && !Number.isNaN(Date.parse(at));
  if (!isRight || state === undefined || typeof position !== 'number') return null;
  return { uid, state, at, position };
}
