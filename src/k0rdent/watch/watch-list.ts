import { ClusterError, type KgitError } from '../../errors.js';
import { type ClusterDeployment, readClusterDeployment } from '../cluster/cluster-deployment.js';
import { clusterFailure, failedBecause, isPassingOnceWorked } from '../kubectl/cluster-failure.js';
import type { Kubectl } from '../kubectl/kubectl.js';
import { readListing, selectionQuery } from '../kubectl/pages.js';
import { type JsonObject, readObject, readString } from '../kubectl/read.js';
import type { PlaceList } from '../observe/list.js';
import { RestartGrace } from './restart-grace.js';

/** What a watch says about clusters. `listed`: all clusters that exist now. `tick`: nothing happened, but time has passed. */
export type ClusterNews =
  | { readonly kind: 'listed'; readonly clusters: readonly ClusterDeployment[] }
  | { readonly kind: 'seen' | 'gone'; readonly cluster: ClusterDeployment }
  | { readonly kind: 'tick' };

/** News of a watch, with the specs of the clusters, which may hold secrets. */
export type WatchNews =
  | {
      readonly kind: 'listed';
      readonly clusters: readonly ClusterDeployment[];
      readonly specs: ReadonlyMap<ClusterDeployment, JsonObject>;
    }
  | { readonly kind: 'seen'; readonly cluster: ClusterDeployment; readonly spec: JsonObject }
  | { readonly kind: 'gone'; readonly cluster: ClusterDeployment }
  | { readonly kind: 'tick' };

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Whether to start with a list, as after a lasting failure. */
  readonly relist: boolean;
  /** Called on each transient failure; the watch continues. */
  readonly onTrouble: (error: KgitError) => Promise<void>;
  /** Called when the server answers again. */
  readonly onFine: () => Promise<void>;
  /** Waits for `ms`, or until the signal. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Seconds after which the server ends a watch; kgit then continues from the last version. */
const WATCH_SECONDS = 300;
const FIRST_PAUSE_MS = 1_000;
/** A stream that lasted this long, in ms, was healthy even if nothing happened in it. */
const SOUND_MS = 30_000;
/** Longest pause between retries, in ms. */
export const LONGEST_PAUSE_MS = 30_000;

/**
 * Yields the changes to a list since it was read, until the signal. A watch that the server ends continues from the
 * last version seen, in a bookmark or an object; if that version has expired (410), the list is read again. Streams are
 * cut all the time (a server restarts, a load balancer closes idle connections), so the first cut is not reported and
 * the watch is reopened. Transient failures are retried for as long as they last. So is, for a minute, a refusal right
 * after one, because a starting server does not know the roles yet. Any other failure throws ClusterError.
 */
export async function* watchList(
  kubectl: Kubectl,
  list: Pick<PlaceList, 'path' | 'selection' | 'resourceVersion'>,
  options: WatchOptions,
): AsyncGenerator<WatchNews, void> {
  const { path, selection } = list;
  const { signal, now, onTrouble, onFine, pause } = options;
  let version = list.resourceVersion;
  let isExpired = options.relist;
  let isTroubled = false;
  let delay = 0;
  /** Number of consecutive streams that were cut before their first line. */
  let cuts = 0;
  const grace = new RestartGrace();
  while (!signal.aborted) {
    if (delay > 0) await pause(delay);
    let began: number | null = null;
    try {
      if (isExpired) {
        const specs = new Map<ClusterDeployment, JsonObject>();
        const { items, resourceVersion } = await readListing(kubectl, path, selection, (item) => {
          const cluster = readClusterDeployment(item);
          if (cluster !== null) specs.set(cluster, specOf(item));
          return cluster;
        });
        [version, isExpired, delay] = [resourceVersion, false, 0];
        grace.answered();
        await onFine();
        yield { kind: 'listed', clusters: items, specs };
      } else if (isTroubled) {
        // A watch is silent until something happens; a separate query shows that the server is back.
        const query = selectionQuery(selection);
        query.set('limit', '1');
        const { metadata } = readObject(await kubectl.get(`${path}?${query}`));
        await onFine();
        // A watch from a future version stays silent: after a restore from a backup it would miss everything.
        if (isOlder(readString(readObject(metadata)['resourceVersion']), version)) {
          [isTroubled, isExpired] = [false, true];
          continue;
        }
      }
      isTroubled = false;
      // A server that ends every watch at once must not be queried in a tight loop.
      delay = Math.max(delay, FIRST_PAUSE_MS);
      began = now().getTime();
      for await (const value of kubectl.stream(watchPath(list, version), (WATCH_SECONDS + 30) * 1000)) {
        const { type, object } = readEvent(value, kubectl, path);
        version = readString(readObject(object['metadata'])['resourceVersion']) ?? version;
        [delay, cuts] = [0, 0];
        grace.answered();
        const news = newsOf(type, object);
        if (news !== null) yield news;
      }
      yield { kind: 'tick' };
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError)) throw error;
      if (!grace.mayPass(error, isPassingOnceWorked(error), now().getTime())) throw error;
      if (failedBecause(error, 'expired') && !isExpired) isExpired = true;
      else if (began !== null && isCut(error) && (now().getTime() - began > SOUND_MS || cuts === 0)) {
        cuts += 1;
        delay = FIRST_PAUSE_MS;
      } else {
        isTroubled = true;
        await onTrouble(error);
        delay = Math.min(Math.max(delay * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
      }
    }
  }
}

/** Whether the server is at an older version than the one last seen; versions that are not numbers are not compared. */
function isOlder(now: string | null, seen: string | null): boolean {
  const isNumber = (text: string | null): text is string => text !== null && /^\d+$/.test(text);
  return isNumber(now) && isNumber(seen) && BigInt(now) < BigInt(seen);
}

/** Whether an established connection broke, rather than failed to open. */
function isCut(error: ClusterError): boolean {
  return failedBecause(error, 'connection-cut');
}

function watchPath(
  { path, selection }: Pick<PlaceList, 'path' | 'selection'>,
  version: string | null,
): string {
  const query = selectionQuery(selection);
  query.set('watch', '1');
  query.set('allowWatchBookmarks', 'true');
  query.set('timeoutSeconds', String(WATCH_SECONDS));
  if (version !== null) query.set('resourceVersion', version);
  return `${path}?${query}`;
}

/** Reads a line of a watch. Throws ClusterError if it reports an error or is not a watch event. */
function readEvent(value: unknown, kubectl: Kubectl, path: string): { type: string; object: JsonObject } {
  const { type, object } = readObject(value);
  const read = readObject(object);
  const scope = { context: kubectl.context, path };
  if (typeof type !== 'string')
    throw clusterFailure({ cause: 'unexpected-answer', detail: 'no watch event' }, scope);
  if (type !== 'ERROR') return { type, object: read };
  const cause = read['code'] === 410 ? 'expired' : 'server-error';
  throw clusterFailure({ cause, detail: readString(read['message']) ?? '' }, scope);
}

/** Converts a watch event to news; null for types that this version does not know. */
function newsOf(type: string, object: JsonObject): WatchNews | null {
  if (type === 'BOOKMARK') return { kind: 'tick' };
  const cluster = readClusterDeployment(object);
  if (cluster === null) return null;
  if (type === 'DELETED') return { kind: 'gone', cluster };
  return type === 'ADDED' || type === 'MODIFIED' ? { kind: 'seen', cluster, spec: specOf(object) } : null;
}

function specOf(item: unknown): JsonObject {
  return readObject(readObject(item)['spec']);
}
