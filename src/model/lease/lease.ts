/** Leases: renewable, expiring, exclusive claims on a name, each with a fencing token. Pure rules, no I/O. */

import { isUlid } from '../value/ulid.js';
import { isMap } from '../value/value.js';
import { isLockName } from './lock-name.js';

/** What a commit of a lock's chain did. After a break or a release the lock is free. */
export const LEASE_ACTIONS = ['acquire', 'renew', 'break', 'release'] as const;
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

/** One commit of a lock's chain. */
export interface LeaseRecord {
  readonly action: LeaseAction;
  readonly name: string;
  /** Fencing token: raised by every acquisition. */
  readonly token: number;
  /** ULID of the acquisition: who has it may renew. */
  readonly lease: string;
  readonly holder: Holder;
  /** ms since the epoch. */
  readonly acquiredAt: number;
  /** When this commit was made, in ms since the epoch. */
  readonly at: number;
  /** ms */
  readonly ttl: number;
  /** Makes every commit differ: git takes a push of the same commit for success. */
  readonly nonce: string;
  /** How many commits the chain has, this one included. */
  readonly length: number;
  readonly reason?: string | undefined;
  /** Of a break: whose lease it ended. */
  readonly previous?: PreviousHolder | undefined;
}

/** What names an acquisition, for a write that is valid under it alone. */
export interface LeaseClaim {
  readonly name: string;
  readonly token: number;
  readonly lease: string;
}

/** From this length on a new commit becomes the root of its chain; the token goes on in it. */
export const MAX_CHAIN = 64;
const MAX_MESSAGE = 64 * 1024;
const MAX_TEXT = 4096;
export const MIN_TTL = 1_000;
export const MAX_TTL = 24 * 60 * 60 * 1000;

/** What every new commit of a chain brings along. */
export interface Stamp {
  /** ms since the epoch. */
  readonly at: number;
  readonly nonce: string;
}

const nextLength = (before: LeaseRecord | null) =>
  before === null || before.length >= MAX_CHAIN ? 1 : before.length + 1;

/** Whether a commit has no parent. */
export const isRoot = ({ length }: LeaseRecord): boolean => length === 1;

/** When a lease ends by its own commit, in ms since the epoch. */
export const expiresAt = ({ at, ttl }: Pick<LeaseRecord, 'at' | 'ttl'>): number => at + ttl;

/** Whether somebody has it, be it expired or not. */
export const isTaken = ({ action }: LeaseRecord): boolean => action === 'acquire' || action === 'renew';

/** Whether this acquisition has it still. */
export const isClaimed = (record: LeaseRecord, { lease, token }: LeaseClaim): boolean =>
  isTaken(record) && record.lease === lease && record.token === token;

/**
 * From when on others may take the lease over, in ms since the epoch: when it has expired by its own commit, and
 * has been seen unchanged for a whole TTL, so that clocks that differ take nothing from a holder who is alive.
 * @param seenSince since when this commit has been seen here, in ms since the epoch
 */
export function takeoverAt(record: LeaseRecord, seenSince: number): number {
  return Math.max(expiresAt(record), seenSince + record.ttl);
}

/** The claim that a record gives its holder. */
export const claimOf = ({ name, token, lease }: LeaseRecord): LeaseClaim => ({ name, token, lease });

/**
 * A new acquisition of a lock that is free: the token rises.
 * @param seen the highest token that was ever seen of this lock; the lock's ref may have been deleted since
 */
export function acquired(
  before: LeaseRecord | null,
  wanted: Pick<LeaseRecord, 'name' | 'lease' | 'holder' | 'ttl' | 'reason'>,
  { at, nonce }: Stamp,
  seen = 0,
): LeaseRecord {
  const token = Math.max(before?.token ?? 0, seen) + 1;
  return { ...wanted, action: 'acquire', token, acquiredAt: at, at, nonce, length: nextLength(before) };
}

/** The same lease, its TTL begun anew. */
export function renewed({ previous, ...before }: LeaseRecord, { at, nonce }: Stamp): LeaseRecord {
  return { ...before, action: 'renew', at, nonce, length: nextLength(before) };
}

/** The lease given back by its holder. */
export function released({ previous, ...before }: LeaseRecord, { at, nonce }: Stamp): LeaseRecord {
  return { ...before, action: 'release', at, nonce, length: nextLength(before) };
}

/** The lease ended by somebody else: `holder` and `lease` are of who ends it. */
export function broken(
  before: LeaseRecord,
  by: Pick<LeaseRecord, 'lease' | 'holder' | 'reason'>,
  { at, nonce }: Stamp,
): LeaseRecord {
  const { name, token, ttl, acquiredAt } = before;
  const previous = { ...before.holder, token, expiresAt: expiresAt(before) };
  const length = nextLength(before);
  return { ...by, action: 'break', name, token, ttl, acquiredAt, at, nonce, length, previous };
}

/** The fields of the event that tells of a lease ended by somebody else than its holder. */
export function endingFields(previous: PreviousHolder, reason: string | undefined): Record<string, unknown> {
  const { token, name, host, runId, expiresAt: end } = previous;
  const run = runId === undefined ? {} : { holder_run: runId };
  const parameters = {
    ...{ token, holder: name, holder_host: host, expires_at: new Date(end).toISOString() },
    ...run,
  };
  return { action: 'lock_broken', parameters, ...(reason === undefined ? {} : { reason }) };
}

const HEADINGS: Readonly<Record<LeaseAction, string>> = {
  acquire: 'acquired by',
  renew: 'renewed by',
  break: 'broken by',
  release: 'released by',
};

/** The commit message of a record: a line for people, and the record. */
export function formatLease(record: LeaseRecord): string {
  const { action, name, holder, token } = record;
  const who = `${holder.name}@${holder.host}`.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  return `lock ${name}: ${HEADINGS[action]} ${who}, token ${token}\n\n${JSON.stringify(record, null, 2)}\n`;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_TEXT;
const isTextOrNone = (value: unknown): value is string | undefined => value === undefined || isText(value);
/** Times that a Date can hold, and sums of them. */
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

/** The record that a commit message holds; null when it holds none: anybody may push any commit. */
export function parseLease(message: string): LeaseRecord | null {
  if (message.length > MAX_MESSAGE) return null;
  try {
    return leaseFromJson(JSON.parse(message.slice(message.indexOf('\n\n'))));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The record that JSON holds; null when it holds none. */
export function leaseFromJson(value: unknown): LeaseRecord | null {
  if (!isMap(value)) return null;
  const { action, name, token, lease, acquiredAt, at, ttl, nonce, length, reason } = value;
  const holder = holderOf(value['holder']);
  const ended = value['previous'];
  const previousHolder = holderOf(ended);
  const isKnown = LEASE_ACTIONS.find((known) => known === action);
  if (!isKnown || !holder || !isText(name) || !isLockName(name) || !isText(lease) || !isUlid(lease))
    return null;
  if (!isCount(token) || !isCount(ttl) || ttl > MAX_TTL || !isCount(length)) return null;
  if (!isTime(acquiredAt) || !isTime(at) || !isText(nonce) || !isTextOrNone(reason)) return null;
  let previous: PreviousHolder | undefined;
  if (previousHolder && isMap(ended) && isCount(ended['token']) && isTime(ended['expiresAt']))
    previous = { ...previousHolder, token: ended['token'], expiresAt: ended['expiresAt'] };
  return {
    ...{ action: isKnown, name, token, lease, holder, acquiredAt, at, ttl, nonce, length },
    ...(reason === undefined ? {} : { reason }),
    ...(previous === undefined ? {} : { previous }),
  };
}

/** Claims as text of one line, for the environment of a command that is run under them. */
export function formatClaims(claims: readonly LeaseClaim[]): string {
  return claims.map(({ name, token, lease }) => `${name}:${token}:${lease}`).join(',');
}

/** The claims of `formatClaims`; what is none of them is left out. */
export function parseClaims(text: string | undefined): LeaseClaim[] {
  return (text ?? '').split(',').flatMap((part) => {
    const [name = '', digits = '', lease = '', ...more] = part.split(':');
    const token = Number(digits);
    const isClaim = more.length === 0 && isLockName(name) && isCount(token) && isUlid(lease);
    return isClaim ? [{ name, token, lease }] : [];
  });
}
