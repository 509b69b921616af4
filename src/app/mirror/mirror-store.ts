import { ConflictError, type KgitError, LockHeldError, RemoteError } from '../../errors.js';
import { mirrorMessage } from '../../model/operation/mirror-message.js';
import type { ProcessLock } from '../../store/local/process-lock.js';
import type { Backend } from '../../store/port/backend.js';
import type { WholeRevision } from '../../store/port/history.js';
import type { Clock, Wait } from '../../store/port/host.js';
import type { Commit, Revision } from '../../store/port/state-store.js';
import { backOffMs } from '../../store/publish/back-off.js';
import { withoutOutbox } from '../../store/publish/publish-errors.js';

/** At most so many commits are pushed at once. */
const BATCH_COMMITS = 500;
/** No more commits join a push that has so many characters of text. */
const BATCH_TEXT = 4_000_000;
/** How often the mirror may move under this process before it gives up. */
const TRIES = 8;
/** Interval at which it looks whether another process of this machine has finished, in ms. */
const LOOK_MS = 200;

/** A store and the repository that becomes its mirror. */
export interface MirrorPair {
  readonly source: Backend;
  readonly target: Backend;
  /** The mirror's name in messages. */
  readonly where: string;
  /** How long one exchange with a server may take, in ms. */
  readonly timeoutMs: number;
}

export interface MirrorParts extends MirrorPair {
  /** Keeps other processes of this machine from mirroring to the same place meanwhile. */
  readonly lock: Pick<ProcessLock, 'tryAcquire' | 'release'>;
  readonly clock: Clock;
  /** Receives the progress. */
  readonly wait?: Wait | undefined;
}

/** A mirror that is up to date. */
export interface Mirrored {
  /** The newest revision of the store; null if it is empty. */
  readonly mirrored: Revision | null;
  /** The commit that is its copy; null if there is none yet. */
  readonly revision: Revision | null;
  /** How many commits were added, or would be. */
  readonly commits: number;
}

/**
 * The revision of the store that the mirror has as its newest; null for an empty mirror. Throws ConflictError.
 * @param tip of the mirror
 * @param head of the store
 */
async function reached(
  { source, target, where }: MirrorPair,
  tip: Revision | null,
  head: Revision | null,
): Promise<Revision | null> {
  if (tip === null) return null;
  const found = await target.mirrored?.();
  if (!found) throw notMirror(where, source.target, tip);
  const isThere = (await source.history.resolve(found.revision)) === found.revision;
  if (isThere) return found.revision;
  // The store was migrated here: its revisions have other ids now.
  const migrated = head === null ? null : await source.history.copyOf(found.revision, head);
  if (migrated !== null) return migrated;
  throw found.store === source.target
    ? wentBack(where, source.target, found.revision)
    : otherMirror(where, source.target, found.store);
}

const elsewhere = (where: string) =>
  `Mirror to an empty repository, or to a new branch of this one: --to GIT#BRANCH (${where} stays as it is)`;

function notMirror(where: string, store: string, tip: Revision): ConflictError {
  return new ConflictError(
    `${where} is no mirror of ${store}: its newest commit ${tip.slice(0, 12)} was not made by kgit mirror`,
    {
      suggestions: [
        elsewhere(where),
        'If somebody merged or pushed to the mirror, make that write in the store, and take their commits off the branch',
      ],
      data: { store, commit: tip },
    },
  );
}

function otherMirror(where: string, store: string, found: string): ConflictError {
  return new ConflictError(`${where} is a mirror of ${found}, not of ${store}`, {
    suggestions: [elsewhere(where)],
    data: { store, mirrors: found },
  });
}

function wentBack(where: string, store: string, revision: Revision): ConflictError {
  return new ConflictError(
    `${where} has revision ${revision}, which ${store} no longer has: the store went back to an older state`,
    {
      suggestions: [
        "Run 'kgit sync' on the machines that wrote: they publish again what the store lost (publish.keep)",
        `Then begin a new mirror on another branch: --to GIT#BRANCH. This one keeps what the store lost`,
      ],
      data: { store, revision },
    },
  );
}

function mirroringStill(where: string): LockHeldError {
  return new LockHeldError(`another process of this machine is mirroring to ${where}`, {
    suggestions: ['Run it again when the other one is done, or give it more time with --timeout'],
    data: { where },
  });
}

function lostRaces(where: string): RemoteError {
  return new RemoteError(`${where} moved ${TRIES} times meanwhile: others are mirroring to it`, {
    suggestions: ["Run 'kgit mirror' again: it goes on behind the newest commit"],
  });
}

function copyOf({ revision, ...whole }: WholeRevision, store: string): Commit {
  const { author, time, published, files } = whole;
  return { message: mirrorMessage(whole.message, { store, revision }), author, time, published, files };
}

const lengthOf = ({ files }: Commit) =>
  [...files.values()].reduce((sum, text) => sum + (text?.length ?? 0), 0);

/** Copies of the revisions behind `after`, as many at a time as are pushed at once. */
async function* batches(source: Backend, after: Revision | null, to: Revision): AsyncGenerator<Commit[]> {
  let batch: Commit[] = [];
  let length = 0;
  for await (const whole of source.history.whole(after, to)) {
    const copy = copyOf(whole, source.target);
    batch.push(copy);
    length += lengthOf(copy);
    if (batch.length < BATCH_COMMITS && length < BATCH_TEXT) continue;
    yield batch;
    [batch, length] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

/** Counts the commits that `mirrorStore` would add. Throws as it does, and writes nothing. */
export async function planMirror(pair: MirrorPair): Promise<Mirrored> {
  const { source, target, timeoutMs } = pair;
  const { revision: to } = await source.refresh(timeoutMs);
  const { revision } = await target.refresh(timeoutMs);
  const after = await reached(pair, revision, to);
  let commits = 0;
  if (to !== null && to !== after) for await (const _ of source.history.whole(after, to)) commits += 1;
  return { mirrored: to, revision, commits };
}

/**
 * Copies each revision of a store that its mirror lacks as one commit, oldest first. It begins behind the revision that
 * the mirror's newest commit names, so it goes on where another run ended. Every push moves the branch by compare-and-swap:
 * a run that loses a race reads the branch again and continues after the winner's commit.
 * Throws ConflictError if the target is no mirror of this store or the store went back, LockHeldError, RemoteError,
 * RefusedError.
 */
export async function mirrorStore(parts: MirrorParts): Promise<Mirrored> {
  const { lock, clock, timeoutMs, where } = parts;
  const until = clock.now() + timeoutMs;
  while (!(await lock.tryAcquire())) {
    if (clock.now() >= until) throw mirroringStill(where);
    await clock.sleep(LOOK_MS);
  }
  try {
    return await copied(parts);
  } finally {
    await lock.release();
  }
}

async function copied(parts: MirrorParts): Promise<Mirrored> {
  const { source, target, timeoutMs, where, clock, wait } = parts;
  const { revision: to } = await source.refresh(timeoutMs);
  let commits = 0;
  let failure: KgitError | null = null;
  for (let losses = 0; losses < TRIES; losses++) {
    if (losses > 0) await clock.sleep(backOffMs(clock, losses));
    let { revision } = await target.refresh(timeoutMs);
    const after = await reached(parts, revision, to);
    let isBehind = false;
    if (to !== null && to !== after)
      for await (const batch of batches(source, after, to)) {
        const outcome = await target.swap(revision, batch, timeoutMs);
        isBehind = outcome.kind !== 'swapped' || outcome.revisions.length < batch.length;
        if (outcome.kind === 'swapped') {
          revision = outcome.revisions.at(-1) ?? revision;
          commits += outcome.revisions.length;
          losses = 0;
          wait?.progress(`${commits} revisions copied`);
        } else {
          failure = 'error' in outcome ? withoutOutbox(outcome.error, 'kgit mirror') : null;
          if (failure && outcome.kind !== 'busy' && outcome.kind !== 'unknown') throw failure;
        }
        if (isBehind) break;
      }
    if (!isBehind) return { mirrored: to, revision, commits };
  }
  throw failure ?? lostRaces(where);
}
