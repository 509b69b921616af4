import {
  ConflictError,
  FencedError,
  KgitError,
  LockHeldError,
  NotFoundError,
  RemoteError,
} from '../../errors.js';
import {
  expiresAt,
  type Holder,
  isTaken,
  type LeaseClaim,
  type LeaseRecord,
} from '../../model/lease/lease.js';
import type { LockStray, LockTip } from '../port/lease-store.js';

const time = (ms: number) => new Date(ms).toISOString();
const MAX_NAME = 200;

/**
 * Puts text of a lock's commit, which anybody may have written, on one line, so that its line ends cannot forge
 * another.
 */
const inLine = (text: string) => text.slice(0, MAX_NAME).replace(/\s+/g, ' ').trim();

/** Describes a holder in a few words. */
export function holderText({ name, host }: Holder): string {
  return `${inLine(name)} on ${inLine(host)}`;
}

/** Error data about a lease that is not ours. */
function leaseData(record: LeaseRecord): Record<string, unknown> {
  const { name, token, holder, acquiredAt } = record;
  return {
    name,
    token,
    holder: holder.name,
    host: holder.host,
    runId: holder.runId ?? null,
    since: time(acquiredAt),
    expiresAt: time(expiresAt(record)),
  };
}

/**
 * The error for a lock that somebody else holds.
 * @param freeAt when it may be taken over unless its holder renews it, in ms since the epoch
 */
export function lockHeld(record: LeaseRecord, freeAt: number, now: number): LockHeldError {
  const { name, acquiredAt, reason } = record;
  const why = reason ? `, reason: ${inLine(reason)}` : '';
  const end = expiresAt(record);
  const ends = end > now ? `expires ${time(end)}` : `expired ${time(end)}`;
  const left = Math.max(Math.ceil((freeAt - now) / 1000), 1);
  return new LockHeldError(
    `lock ${name} is held by ${holderText(record.holder)} since ${time(acquiredAt)}, ${ends}${why}`,
    {
      data: { ...leaseData(record), freeAt: time(freeAt) },
      suggestions: [
        end > now
          ? `Wait for it: kgit lock ${name} --wait 10m`
          : `It was not renewed; unless it is, it can be taken over in ${left}s: kgit lock ${name} --wait ${left + 5}s`,
        `If you are sure that its holder is gone: kgit unlock ${name} --force --reason WHY`,
      ],
    },
  );
}

/** The error for a lease that we no longer hold; `record` is the lock's current one. */
export function fenced(claim: LeaseClaim, record: LeaseRecord | null): FencedError {
  const { name, token } = claim;
  const by =
    record === null
      ? 'the lock is not there any more'
      : isTaken(record)
        ? `${holderText(record.holder)} has it with token ${record.token}`
        : `${holderText(record.holder)} ${record.action === 'break' ? 'broke' : 'released'} it${record.reason ? `, reason: ${inLine(record.reason)}` : ''}`;
  const current = record === null ? null : leaseData(record);
  return new FencedError(`the lease of lock ${name} with token ${token} is lost: ${by}`, {
    data: { name, token, current },
    suggestions: [
      'Stop what you did under it, and look at what the other did since: kgit log',
      `Then begin anew: kgit lock ${name}`,
    ],
  });
}

const ENDS_ONE = (name: string) =>
  `Find out who works under it, then end a lease: kgit unlock ${name} --force --reason WHY; again until 'kgit locks' shows no second one`;

/** Throws LockHeldError if two holders have the lock, in two places: people must decide which one keeps it. */
export function refuseTwice({ record, stray }: LockTip): void {
  const other = stray?.other;
  if (!stray || !other || !isTaken(record) || !isTaken(other.tip.record)) return;
  const { name } = record;
  throw new LockHeldError(
    `lock ${name} is held twice: in ${stray.place} by ${holderText(record.holder)}, in ${other.place} by ${holderText(other.tip.record.holder)}`,
    {
      data: {
        ...leaseData(record),
        place: stray.place,
        other: { ...leaseData(other.tip.record), place: other.place },
      },
      suggestions: [ENDS_ONE(name)],
    },
  );
}

/** The error for a write under a lock that somebody else also holds, in another place. */
export function fencedTwice({ name, token }: LeaseClaim, { place, other }: LockStray): FencedError {
  const record = other?.tip.record ?? null;
  const who = record ? ` by ${holderText(record.holder)}` : '';
  return new FencedError(
    `the lease of lock ${name} with token ${token} protects nothing: it lies in ${place}, and the lock is held in ${other?.place}${who}, too`,
    { data: { name, token, current: record && leaseData(record) }, suggestions: [ENDS_ONE(name)] },
  );
}

/** The error for a write under a lease that is in a place where the repository no longer keeps locks. */
export function misplaced({ name, token }: LeaseClaim, place: string): FencedError {
  return new FencedError(
    `the lease of lock ${name} with token ${token} protects nothing: it lies in ${place}, where this repository keeps no locks`,
    {
      data: { name, token, current: null },
      suggestions: [`Release it and take it anew: kgit unlock ${name} && kgit lock ${name}`],
    },
  );
}

/** The error for a write under a lock that nobody here holds. */
export function notHeld(name: string): ConflictError {
  return new ConflictError(`lock ${name} is not held here`, {
    data: { name, expected: 'held', actual: 'free' },
    suggestions: [
      `Take it first: kgit lock ${name}`,
      `Or run all of it under the lock: kgit lock ${name} -- COMMAND`,
    ],
  });
}

/** The error when others moved a lock at every try. */
export function othersWereFaster(name: string): RemoteError {
  return new RemoteError(`others moved lock ${name} each time it was tried for`, {
    suggestions: ['Try again, or give more time with --wait'],
    data: { name },
  });
}

/** The error when another process of the clone holds the publish lock. */
export function publishingStill(): RemoteError {
  return new RemoteError('another kgit process of this clone is publishing still', {
    suggestions: ['Try again, or give more time with --timeout'],
  });
}

/** The error for a move of a lock that may have taken place: the server did not answer it, and does not tell now. */
export function lockUnknown(error: KgitError): RemoteError {
  return new RemoteError(`${error.message} (whether the lock was moved cannot be known)`, {
    cause: error,
    suggestions: ['See who has it once the server answers: kgit locks'],
    data: { ...error.data, outcome: 'unknown' },
  });
}

/**
 * Awaits work on a lock and removes advice about the outbox from its errors, because lock operations are never queued.
 */
export async function ofLock<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof KgitError) || !error.suggestions.some((text) => text.includes('kgit sync')))
      throw error;
    const Class = error.constructor as new (message: string, details: object) => KgitError;
    throw new Class(error.message, {
      cause: error,
      data: error.data,
      suggestions: [
        ...error.suggestions.filter((text) => !text.includes('kgit sync')),
        'Try again once that is mended: nothing of a lock is kept for later',
      ],
    });
  }
}

/** The error when the lock is free. */
export function nobodyHas(name: string): NotFoundError {
  return new NotFoundError(`nobody holds lock ${name}`, {
    suggestions: ["'kgit locks' lists those that are held"],
    data: { name },
  });
}
