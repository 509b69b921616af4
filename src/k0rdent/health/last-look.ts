import { readConditions } from '../cluster/condition.js';
import { readArray, readNumber, readObject, readString, readTime } from '../kubectl/read.js';
import { shownText } from '../kubectl/shown-text.js';

/** When kcm last reconciled an object, and since when a change has been waiting. */
export interface Look {
  readonly kind: string;
  /** `namespace/name`, or just the name if it has no namespace. */
  readonly place: string;
  /** Last write of its status in ms since the epoch; null if unknown. */
  readonly writtenAt: number | null;
  /**
   * Since when its spec has been waiting for kcm, in ms since the epoch; null if kcm has seen it or the time is
   * unknown.
   */
  readonly waitsSince: number | null;
}

/** Objects with a change that kcm has not seen for longer than it ever takes. */
export interface NotSeenByKcm {
  /** The oldest of these changes, RFC 3339. */
  readonly since: string;
  readonly count: number;
  /** The objects that have waited longest, oldest first. */
  readonly examples: readonly { readonly kind: string; readonly place: string; readonly since: string }[];
}

/**
 * Delay after which a change counts as not seen. kcm sees a change within seconds; after a restart it processes
 * thousands of objects within minutes.
 */
const LATE_MS = 15 * 60 * 1000;
const EXAMPLES = 20;

/** Reads an item of a list; null if it has no name. */
export function readLook(kind: string, item: unknown): Look | null {
  const object = readObject(item);
  const metadata = readObject(object['metadata']);
  const status = readObject(object['status']);
  const name = readString(metadata['name']);
  if (name === null) return null;
  const namespace = readString(metadata['namespace']);
  const conditions = [...readConditions(status['conditions']).values()];
  const writes = readArray(metadata['managedFields']).map(readObject);
  const written = (isStatus: boolean) =>
    writes.flatMap(
      ({ subresource, time }) => ((subresource === 'status') === isStatus ? readTime(time) : null) ?? [],
    );
  const generation = readNumber(metadata['generation']) ?? 0;
  const observed = readNumber(status['observedGeneration']);
  // The API does not date a generation. The last write to the object other than to its status is at least as late.
  const changes = [...written(false), readTime(metadata['deletionTimestamp'])].flatMap((time) => time ?? []);
  const isNew = observed === null && conditions.length === 0;
  const since = newest(changes) ?? (isNew ? readTime(metadata['creationTimestamp']) : null);
  const isWaiting = isNew || (observed !== null && generation > observed);
  return {
    kind,
    place: shownText(namespace === null ? name : `${namespace}/${name}`) ?? '',
    writtenAt: newest([
      ...written(true),
      ...conditions.flatMap(({ lastTransition }) => lastTransition ?? []),
    ]),
    waitsSince: isWaiting ? since : null,
  };
}

function newest(times: readonly number[]): number | null {
  return times.length === 0 ? null : times.reduce((a, b) => Math.max(a, b));
}

/** Returns the last time that kcm is known to have written anything, RFC 3339; null if unknown. */
export function lastLook(looks: readonly Look[]): string | null {
  const time = newest(looks.flatMap(({ writtenAt }) => writtenAt ?? []));
  return time === null ? null : new Date(time).toISOString();
}

/**
 * Finds changes that kcm has not seen for 15 minutes; null if there are none. k0rdent has no heartbeat: if nothing was
 * changed, nobody can tell whether kcm still runs.
 */
export function notSeenByKcm(looks: readonly Look[], now: Date): NotSeenByKcm | null {
  const late = looks
    .flatMap(({ kind, place, waitsSince }) =>
      waitsSince !== null && now.getTime() - waitsSince > LATE_MS ? [{ kind, place, at: waitsSince }] : [],
    )
    .sort((a, b) => a.at - b.at || (a.place < b.place ? -1 : 1))
    .map(({ kind, place, at }) => ({ kind, place, since: new Date(at).toISOString() }));
  const [first] = late;
  return first === undefined
    ? null
    : { since: first.since, count: late.length, examples: late.slice(0, EXAMPLES) };
}
