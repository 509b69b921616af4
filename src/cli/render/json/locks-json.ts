import type { ListedLocks } from '../../../app/lock/list-locks.js';
import { expiresAt, type LeaseRecord } from '../../../model/lease/lease.js';
import type { LockStanding } from '../../../store/lease/lock-list.js';

/** Formats a time in ms since the epoch. */
export const iso = (ms: number) => new Date(ms).toISOString();

/** Formats a lease. */
export function leaseJson(record: LeaseRecord): Record<string, unknown> {
  const { name, token, holder, acquiredAt, at, ttl, reason } = record;
  return {
    name,
    token,
    holder: holder.name,
    host: holder.host,
    runId: holder.runId ?? null,
    acquiredAt: iso(acquiredAt),
    renewedAt: iso(at),
    expiresAt: iso(expiresAt(record)),
    ttlSeconds: ttl / 1000,
    reason: reason ?? null,
  };
}

/** Formats a row of `kgit locks`. @param now ms since the epoch */
export function standingJson({ record, isOurs, freeAt }: LockStanding, now: number): Record<string, unknown> {
  return { ...leaseJson(record), expired: expiresAt(record) <= now, freeAt: iso(freeAt), here: isOurs };
}

/**
 * Formats the locks that somebody holds.
 * @param stale whether they are shown as last seen here
 * @param now ms since the epoch
 */
export function locksJson(
  { standings, broken, place }: Pick<ListedLocks, 'standings' | 'broken' | 'place'>,
  stale: boolean,
  now: number,
) {
  return {
    locks: standings.map((standing) => standingJson(standing, now)),
    broken: broken.map(({ where: ref, ...one }) => ({ ref, ...one })),
    place,
    stale,
  };
}
