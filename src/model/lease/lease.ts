/** Leases: renewable, expiring, exclusive claims on a name, each with a fencing token. Pure rules, no I/O. */

import { isUlid } from '../value/ulid.js';
import { isMap } from '../value/value.js';
import { isLockName } from './lock-name.js';

/** The action of one move of a lock. After a break or a release the lock is free. */
const LEASE_ACTIONS = ['acquire', 'renew', 'break', 'release'] as const;
export type LeaseAction = (typeof LEASE_ACTIONS)[number];

/** Who holds a lease. */
export interface Holder {
  readonly name: string;
  readonly host: string;
  readonly runId?: string | undefined;
}

/** A holder whose lease was ended by somebody else. */
export interface PreviousHolder extends Holder {
  readonly token: number;
  /** ms since the epoch. */
  readonly expiresAt: number;
}

/** What one move of a lock records. */
export interface LeaseRecord {
  readonly action: LeaseAction;
  readonly name: string;
  /** Fencing token: each acquisition raises it. */
  readonly token: number;
  /** ULID of the acquisition; whoever knows it may renew the lease. */
  readonly lease: string;
  readonly holder: Holder;
  /** ms since the epoch. */
  readonly acquiredAt: number;
  /** When the lock moved, in ms since the epoch. */
  readonly at: number;
  /** ms */
  readonly ttl: number;
  readonly reason?: string | undefined;
  /** For a break: whose lease it ended. */
  readonly previous?: PreviousHolder | undefined;
}

/** Identifies an acquisition, for a write that is valid only under it. */
export interface LeaseClaim {
  readonly name: string;
  readonly token: number;
  readonly lease: string;
}

const MAX_TEXT = 4096;
export const MIN_TTL = 1_000;
export const MAX_TTL = 24 * 60 * 60 * 1000;

/** When a lease expires according to its record, in ms since the epoch. */
export const expiresAt = ({ at, ttl }: Pick<LeaseRecord, 'at' | 'ttl'>): number => at + ttl;

/** Whether the lock is held, even if the lease has expired. */
export const isTaken = ({ action }: LeaseRecord): boolean => action === 'acquire' || action === 'renew';

/** Whether this acquisition still holds the lock. */
export const isClaimed = (record: LeaseRecord, { lease, token }: LeaseClaim): boolean =>
  isTaken(record) && record.lease === lease && record.token === token;

/** Whether two records are of the same move of a lock. */
export const isSameMove = (one: LeaseRecord, other: LeaseRecord): boolean =>
  one.action === other.action &&
  one.lease === other.lease &&
  one.token === other.token &&
  one.at === other.at;

/**
 * When others may take the lease over, in ms since the epoch: after it has expired, and has been seen unchanged for a
 * whole TTL, so that clock skew takes nothing from a live holder.
 * @param seenSince when this record was first seen here, in ms since the epoch
 */
export function takeoverAt(record: LeaseRecord, seenSince: number): number {
  return Math.max(expiresAt(record), seenSince + record.ttl);
}

/** The claim of a record's holder. */
export const claimOf = ({ name, token, lease }: LeaseRecord): LeaseClaim => ({ name, token, lease });

/**
 * Acquires a free lock with a higher token.
 * @param at the time, in ms since the epoch
 * @param seen the highest token ever seen for this lock, which may have been deleted since
 */
export function acquired(
  before: LeaseRecord | null,
  wanted: Pick<LeaseRecord, 'name' | 'lease' | 'holder' | 'ttl' | 'reason'>,
  at: number,
  seen = 0,
): LeaseRecord {
  const token = Math.max(before?.token ?? 0, seen) + 1;
  return { ...wanted, action: 'acquire', token, acquiredAt: at, at };
}

/** Renews the lease at a time (ms since the epoch): its TTL starts again. */
export function renewed({ previous, ...before }: LeaseRecord, at: number): LeaseRecord {
  return { ...before, action: 'renew', at };
}

/** Releases the lease for its holder, at a time (ms since the epoch). */
export function released({ previous, ...before }: LeaseRecord, at: number): LeaseRecord {
  return { ...before, action: 'release', at };
}

/** Ends somebody else's lease at a time (ms since the epoch): `holder` and `lease` are those of whoever ends it. */
export function broken(
  before: LeaseRecord,
  by: Pick<LeaseRecord, 'lease' | 'holder' | 'reason'>,
  at: number,
): LeaseRecord {
  const { name, token, ttl, acquiredAt } = before;
  const previous = { ...before.holder, token, expiresAt: expiresAt(before) };
  return { ...by, action: 'break', name, token, ttl, acquiredAt, at, previous };
}

/** The fields of the event for a lease that somebody other than its holder ended. */
export function endingFields(previous: PreviousHolder, reason: string | undefined): Record<string, unknown> {
  const { token, name, host, runId, expiresAt: end } = previous;
  const run = runId === undefined ? {} : { holder_run: runId };
  const parameters = {
    token,
    holder: name,
    holder_host: host,
    expires_at: new Date(end).toISOString(),
    ...run,
  };
  return { action: 'lock_broken', parameters, ...(reason === undefined ? {} : { reason }) };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_TEXT;
const isTextOrNone = (value: unknown): value is string | undefined => value === undefined || isText(value);
/** Times whose sums a Date can still hold. */
const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 8.64e15 - MAX_TTL;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function holderOf(value: unknown): Holder | null {
  if (!isMap(value)) return null;
  const { name, host, runId } = value;
  return isText(name) && isText(host) && isTextOrNone(runId)
    ? { name, host, ...(runId === undefined ? {} : { runId }) }
    : null;
}

/** Parses a record from JSON; null if it is invalid. Ignores unknown keys. */
export function leaseFromJson(value: unknown): LeaseRecord | null {
  if (!isMap(value)) return null;
  const { action, name, token, lease, acquiredAt, at, ttl, reason } = value;
  const holder = holderOf(value['holder']);
  const ended = value['previous'];
  const previousHolder = holderOf(ended);
  const isKnown = LEASE_ACTIONS.find((known) => known === action);
  if (!isKnown || !holder || !isText(name) || !isLockName(name) || !isText(lease) || !isUlid(lease))
    return null;
  if (!isCount(token) || !isCount(ttl) || ttl > MAX_TTL) return null;
  if (!isTime(acquiredAt) || !isTime(at) || !isTextOrNone(reason)) return null;
  let previous: PreviousHolder | undefined;
  if (previousHolder && isMap(ended) && isCount(ended['token']) && isTime(ended['expiresAt']))
    previous = { ...previousHolder, token: ended['token'], expiresAt: ended['expiresAt'] };
  return {
    action: isKnown,
    name,
    token,
    lease,
    holder,
    acquiredAt,
    at,
    ttl,
    ...(reason === undefined ? {} : { reason }),
    ...(previous === undefined ? {} : { previous }),
  };
}

/** Formats claims as one line, for the environment of a command that runs under them. */
export function formatClaims(claims: readonly LeaseClaim[]): string {
  return claims.map(({ name, token, lease }) => `${name}:${token}:${lease}`).join(',');
}

/** Parses claims written by `formatClaims`; invalid ones are left out. */
export function parseClaims(text: string | undefined): LeaseClaim[] {
  return (text ?? '').split(',').flatMap((part) => {
    const [name = '', digits = '', lease = '', ...more] = part.split(':');
    const token = Number(digits);
    const isClaim = more.length === 0 && isLockName(name) && isCount(token) && isUlid(lease);
    return isClaim ? [{ name, token, lease }] : [];
  });
}
