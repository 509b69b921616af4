import { clusterFailure, failedBecause } from './cluster-failure.js';
import type { Kubectl } from './kubectl.js';
import { readArray, readObject, readString } from './read.js';

/** Objects per page: one list of a thousand clusters takes two or three requests. */
const LIMIT = 500;
/** Continue tokens live for about five minutes; a list that outlives them is started again this often. */
const RESTARTS = 2;
/** A server that never ends its list must not fill the memory. */
const MAX_PAGES = 1000;

/** Which objects of a list are asked for, in Kubernetes' syntax of selectors. */
export interface Selection {
  readonly labels?: string | undefined;
  readonly fields?: string | undefined;
}

/** A list at one moment of the cluster. */
export interface Listing<T> {
  readonly items: T[];
  /** Where a watch goes on from; null where the server names none. */
  readonly resourceVersion: string | null;
}

/** The items of `readListing`. */
export async function readPages<T>(
  kubectl: Kubectl,
  path: string,
  selection: Selection,
  read: (item: unknown) => T | null,
): Promise<T[]> {
  return (await readListing(kubectl, path, selection, read)).items;
}

/**
 * Every object of a list, read in pages of one consistent snapshot. `read` turns an item into what is kept of it, so
 * that no page stays in memory; items it returns null for are left out.
 * Throws ClusterError; an answer that is no list is one, so that nothing but an empty list reads as empty.
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
    // Of a watch, nothing else bounds a list whose pages come one behind the other for ever.
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

/** The query of a selection, for a list as for a watch. */
export function selectionQuery(selection: Selection): URLSearchParams {
  const query = new URLSearchParams();
  if (selection.labels) query.set('labelSelector', selection.labels);
  if (selection.fields) query.set('fieldSelector', selection.fields);
  return query;
}

/** Go writes an empty list of items as null where it was never made. */
function isItems(items: unknown): boolean {
  return Array.isArray(items) || items === null;
}
