import { InvalidStateError, type KgitError, RefusedError, RemoteError } from '../../errors.js';
import { isSameMove } from '../../model/lease/lease.js';
import type { Operation } from '../../model/operation/operation.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';
import type { LockMove, LockTip } from '../port/lease-store.js';
import type { Revision } from '../port/state-store.js';
import { backOffMs } from '../publish/back-off.js';
import { followPublished } from '../publish/follow-published.js';
import { lostRaces } from '../publish/publish-errors.js';
import { checkVersion } from '../read/records.js';
import { lockUnknown } from './lease-errors.js';

/** Shortest time that one exchange with the remote is given, whatever is left of the deadline. */
const TALK_MIN_MS = 1_000;

/** Outcome of a move that was to be recorded on the branch. */
export type RecordedOutcome =
  | {
      readonly kind: 'swapped';
      /** Null if others have moved the lock again since. */
      readonly tip: LockTip | null;
      /** The commit that records it; null if the branch accepts none. */
      readonly revision: Revision | null;
      /** Why only the lock's own chain records it; null if the branch does, too. */
      readonly unrecorded: KgitError | null;
      readonly notes: readonly string[];
    }
  /** The lock is not at `from`: somebody else moved it. */
  | { readonly kind: 'moved' };

/**
 * Moves a lock and publishes the operation that records it, in one atomic swap. If the branch does not accept the
 * commit, the lock moves alone. This bypasses the outbox: a decision about the lock's current state would be wrong
 * later. Throws RemoteError, RefusedError.
 * @param until when to give up, in ms since the epoch; at least one try is made
 * @param mayMoveAlone whether the lock moves even if the branch does not accept the commit; otherwise that is a
 *   RefusedError
 */
export async function moveRecorded(
  store: Backend,
  clock: Clock,
  move: LockMove,
  operation: Operation,
  until: number,
  mayMoveAlone: boolean,
): Promise<RecordedOutcome> {
  const talkMs = () => Math.max(until - clock.now(), TALK_MIN_MS);
  const alone = (why: KgitError) => {
    if (mayMoveAlone) return moveAlone(store, move, why, talkMs());
    throw untold(why);
  };
  const { id } = operation;
  const entry = { name: '', id, operation, target: store.target, attempts: 0, error: null };
  const settled = (await store.workingCopy?.settle()) ?? [];
  let { revision } = await store.head();
  let lost: KgitError | null = null;
  // Loaded late: most commands that open a repository end no lease.
  const { planBatch } = await import('../plan/plan-batch.js');
  for (let tries = 1; ; tries++) {
    const newer = await versionFault(store, revision);
    if (newer !== null) return alone(newer);
    const { entries, commits } = await planBatch(store, revision, [entry]);
    const applied = entries[0]?.applied;
    // An earlier answer was lost. The event is on the branch, so the lock has moved with it.
    if (applied?.kind === 'present')
      return {
        kind: 'swapped',
        tip: await ownTip(store, move, talkMs()),
        revision,
        unrecorded: null,
        notes: settled,
      };
    if (applied?.kind === 'rejected') return alone(applied.error);
    const outcome = await store.swap(revision, commits, talkMs(), [move]);
    const mayHaveLanded: boolean = lost !== null;
    lost = null;
    switch (outcome.kind) {
      case 'swapped': {
        const tip = outcome.locks?.get(move.name) ?? null;
        const notes = [...settled, ...outcome.notes, ...(await followPublished(store))];
        return { kind: 'swapped', tip, revision: outcome.revisions.at(-1) ?? null, unrecorded: null, notes };
      }
      case 'refused':
        if (outcome.scope === 'locks') throw outcome.error;
        return alone(outcome.error);
      case 'fenced':
        if (!mayHaveLanded) return { kind: 'moved' };
        break;
      case 'unknown':
        lost = outcome.error;
        break;
      case 'moved':
      case 'busy':
        break;
      default:
        throw outcome.error;
    }
    if (tries > 1 && clock.now() >= until)
      throw lost ? lockUnknown(lost) : lostRaces(tries, outcome.kind === 'busy' ? outcome.error : null);
    await clock.sleep(Math.min(backOffMs(clock, tries), Math.max(until - clock.now(), 0)));
    revision = await tip(store, talkMs(), lost);
  }
}

/** Why nothing may be written on top of a revision: its store was upgraded or migrated; null if it was not. */
async function versionFault(store: Backend, revision: Revision | null): Promise<InvalidStateError | null> {
  try {
    await checkVersion(store.view(revision), store.target);
    return null;
  } catch (error) {
    if (error instanceof InvalidStateError) return error;
    throw error;
  }
}

/**
 * Asks the remote for its tip. If it does not answer, throws `unknown`, the unresolved outcome, in preference to that
 * error.
 */
async function tip(store: Backend, talkMs: number, unknown: KgitError | null): Promise<Revision | null> {
  try {
    return (await store.refresh(talkMs)).revision;
  } catch (error) {
    throw error instanceof RemoteError && unknown !== null ? lockUnknown(unknown) : error;
  }
}

/** The tip of the lock if the move put it there; else null. */
async function ownTip(store: Backend, { name, records }: LockMove, talkMs: number): Promise<LockTip | null> {
  const tip = await store.leases.read(name, talkMs);
  const last = records.at(-1);
  return tip && last && isSameMove(tip.record, last) ? tip : null;
}

function untold(why: KgitError): RefusedError {
  return new RefusedError(`the lease was not ended, for its event was not taken: ${why.message}`, {
    cause: why,
    suggestions: ['Leave out --require-publish: then the lock alone tells that the lease was ended'],
    data: why.data,
  });
}

/** Moves the lock without the branch: an abandoned lease must end even if the branch only accepts proposals. */
async function moveAlone(
  store: Backend,
  move: LockMove,
  why: KgitError,
  talkMs: number,
): Promise<RecordedOutcome> {
  const outcome = await store.leases.move(move, talkMs);
  const alone = { kind: 'swapped', revision: null, unrecorded: why, notes: [] } as const;
  if (outcome.kind === 'swapped') return { ...alone, tip: outcome.tip };
  if (outcome.kind === 'moved') return outcome;
  if (outcome.kind !== 'unknown') throw outcome.error;
  const tip = await ownTip(store, move, talkMs);
  return tip ? { ...alone, tip } : { kind: 'moved' };
}
