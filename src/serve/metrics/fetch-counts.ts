import type { Monitor } from '../../app/monitor/monitor.js';

/** How often the repository was fetched, and how often it could no longer be. */
export interface FetchCounts {
  readonly fetched: number;
  readonly failed: number;
}

/** Counts fetches by what a monitor says of its repository. Returns a function that tells the counts. */
export function countFetches(monitor: Pick<Monitor, 'health' | 'onChange'>): () => FetchCounts {
  let [fetched, failed] = [0, 0];
  let { fetchedAt, error } = monitor.health.repository;
  monitor.onChange((what) => {
    if (what !== 'health') return;
    const now = monitor.health.repository;
    if (now.fetchedAt !== null && now.fetchedAt !== fetchedAt) fetched += 1;
    if (now.error !== null && error === null) failed += 1;
    ({ fetchedAt, error } = now);
  });
  return () => ({ fetched, failed });
}
