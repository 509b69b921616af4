import { readConditions } from '../cluster/condition.js';
import { readArray, readNumber, readObject, readString, readTime } from '../kubectl/read.js';
import { shownText } from '../kubectl/shown-text.js';

/** What an object tells of when kcm looked at it last. */
export interface Look {
  readonly kind: string;
  /** `namespace/name`, or the name of what has no namespace. */
  readonly place: string;
  /** When its status was last written, as far as it tells, in ms since the epoch. */
  readonly writtenAt: number | null;
  /** Since when, in ms since the epoch, its spec waits to be seen; null where it is seen, or where that is not told. */
  readonly waitsSince: number | null;
}

/** Objects whose change kcm has not seen for longer than it ever takes. */
export interface NotSeenByKcm {
  /** RFC 3339: the oldest of these changes. */
  readonly since: string;
  readonly count: number;
  /** The first few of them, the one that has waited longest first. */
  readonly examples: readonly { readonly kind: string; readonly place: string; readonly since: string }[];
}

/** kcm sees a change within seconds; after a restart it goes through thousands of objects in minutes. */
const LATE_MS = 15 * 60 * 1000;
const EXAMPLES = 20;

/** Reads an item of a list; null where it has no name. */
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
  // The API has no time of a generation: what wrote to the object last, but not to its status, is as late at least.
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

/** When kcm was last seen to write anything, RFC 3339; null where nothing tells. */
export function lastLook(looks: readonly Look[]): string | null {
  const time = newest(looks.flatMap(({ writtenAt }) => writtenAt ?? []));
  return time === null ? null : new Date(time).toISOString();
}

/**
 * What kcm has not seen for a quarter of an hour; null where there is nothing. k0rdent has no heartbeat: where nothing
 * was changed, nobody can tell whether kcm still runs.
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
