import { clusterFailure, failedBecause } from './cluster-failure.js';
import type { Kubectl } from './kubectl.js';
import { readArray, readObject, readString } from './read.js';

/** Objects per page: one list of a thousand clusters takes two or three requests. */
const LIMIT = 500;
/** How often a list is restarted after its continue token has expired, which takes about five minutes. */
const RESTARTS = 2;
/** Bounds memory if a server never ends its list. */
const MAX_PAGES = 1000;

/** Selectors of a list, in Kubernetes' syntax. */
export interface Selection {
  readonly labels?: string | undefined;
  readonly fields?: string | undefined;
}

/** A consistent snapshot of a list. */
export interface Listing<T> {
  readonly items: T[];
  /** Where a watch continues; null if the server gives none. */
  readonly resourceVersion: string | null;
}

/** Returns just the items of `readListing`. */
export async function readPages<T>(
  kubectl: Kubectl,
  path: string,
  selection: Selection,
  read: (item: unknown) => T | null,
): Promise<T[]> {
  return (await readListing(kubectl, path, selection, read)).items;
}

/**
 * Reads a list page by page from one consistent snapshot. `read` reduces each item to the parts to keep, so that no
 * page stays in memory; null leaves the item out. Throws ClusterError, also if the answer is not a list.
 */
export async function readListing<T>(
  kubectl: Kubectl,
  path: string,
  selection: Selection,
  read: (item: unknown) => T | null,
): Promise<Listing<T>> {
  for (let restart = 0; ; restart++) {
    try {
      return await readSnapshot(kubectl, path, selection, read);
    } catch (error) {
      if (restart === RESTARTS || !failedBecause(error, 'expired')) throw error;
    }
  }
}

async function readSnapshot<T>(
  kubectl: Kubectl,
  path: string,
  selection: Selection,
  read: (item: unknown) => T | null,
): Promise<Listing<T>> {
  const found: T[] = [];
  const late = AbortSignal.timeout(kubectl.timeoutMs);
  let token: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = selectionQuery(selection);
    query.set('limit', String(LIMIT));
    if (token !== null) query.set('continue', token);
    const list = readObject(await kubectl.get(`${path}?${query}`));
    if (typeof list['kind'] !== 'string' || !list['kind'].endsWith('List') || !isItems(list['items'])) {
      throw clusterFailure(
        { cause: 'unexpected-answer', detail: 'no list' },
        { context: kubectl.context, path },
      );
    }
    for (const item of readArray(list['items'])) {
      const kept = read(item);
      if (kept !== null) found.push(kept);
    }
    const metadata = readObject(list['metadata']);
    token = readString(metadata['continue']);
    // During a watch, nothing else limits a list with endless pages.
    if (late.aborted && token !== null)
      throw clusterFailure(
        { cause: 'timeout', detail: `${page + 1} pages, and no end` },
        { context: kubectl.context, path },
      );
    if (token === null) return { items: found, resourceVersion: readString(metadata['resourceVersion']) };
  }
  const detail = `the list did not end after ${MAX_PAGES} pages`;
  throw clusterFailure({ cause: 'too-large', detail }, { context: kubectl.context, path });
}

/** Builds the query string of a selection, for lists and watches. */
export function selectionQuery(selection: Selection): URLSearchParams {
  const query = new URLSearchParams();
  if (selection.labels) query.set('labelSelector', selection.labels);
  if (selection.fields) query.set('fieldSelector', selection.fields);
  return query;
}

/** Go encodes a nil list as null. */
function isItems(items: unknown): boolean {
  return Array.isArray(items) || items === null;
}
