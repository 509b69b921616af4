import { ConflictError, EnvironmentError, FindingsError, InvalidStateError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { isRevisionId, originOf } from '../../model/operation/origin-trailer.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { counted } from '../../model/value/counted.js';
import { shellWord } from '../../model/value/shell-word.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Backend } from '../../store/port/backend.js';
import type { Clock } from '../../store/port/host.js';
import type { Revision } from '../../store/port/state-store.js';
import { type Moved, movedOf } from '../../store/read/records.js';
import { refuseMirror } from '../../store/refuse-mirror.js';
import { type Comparison, compareStores } from './compare-stores.js';
import { copyLocks, lowerLocks } from './copy-locks.js';
import { type Copied, type CopyParts, copyRevisions } from './copy-revisions.js';
import { copyFrozen, type FreezeParts, freezeStore, unfreezeStore } from './freeze-store.js';
import { handOver } from './hand-over.js';
import { unsealed } from './month-texts.js';

export interface MigrationParts {
  /** The store that is left. */
  readonly source: OpenRepository;
  readonly target: OpenRepository;
  /** How users name the two, without secrets. */
  readonly addresses: { readonly source: string; readonly target: string };
  readonly author: Actor;
  /** Of one exchange with a server, in ms. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'now' | 'sleep' | 'random'>;
  readonly note: (message: string) => void;
  /** Tells the user what is done now. */
  readonly progress: (text: string) => void;
}

/** What a migration did. */
export interface Migrated {
  /** How many revisions this call copied. */
  readonly revisions: number;
  readonly locks: number;
  /** How many operations that waited here were moved to the target's outbox. */
  readonly waiting: number;
  /** The newest revision of the source, and its copy. */
  readonly last: Revision;
  readonly copy: Revision;
  readonly compared: Comparison;
  /** What is no text, and stayed behind: `logo.png: not UTF-8 text`. */
  readonly left: readonly string[];
}

/** A store as it is now. */
export interface Standing {
  readonly head: Revision | null;
  /** Where it went; null if it is in use. */
  readonly moved: Moved | null;
}

/** Asks a store where it is. Throws RemoteError, InvalidStateError. */
export async function standingOf(store: Backend, timeoutMs: number): Promise<Standing> {
  const { revision: head } = await store.refresh(timeoutMs);
  const text = head === null ? null : await store.view(head).read(MARKER_FILE);
  return { head, moved: text === null ? null : movedOf(text) };
}

/** The revision of a store that was copied last to make this one; null if this one is no copy. */
export async function originAt(store: Backend, revision: Revision): Promise<Revision | null> {
  for await (const { message } of store.history.whole(await store.history.parentOf(revision), revision))
    return originOf(message);
  return null;
}

/** How far a copy is. */
export interface Progress {
  /** The revision of the source that was copied last; null for none. */
  readonly after: Revision | null;
  /** The newest revision of the copy. */
  readonly onto: Revision | null;
  /** The copy of the source's last revision; null if it was not copied yet. */
  readonly copy: Revision | null;
}

/**
 * Finds out how far a target holds the history of a source. Throws ConflictError if it holds anything else.
 * @param source how the source stands
 * @param last the revision of the source with which its history ends
 */
export async function progressOf(
  from: Backend,
  source: Standing,
  last: Revision,
  to: Backend,
  head: Revision | null,
): Promise<Progress> {
  if (head === null) return { after: null, onto: null, copy: null };
  const copy = await to.history.copyOf(last, head);
  // Others may write to the target once the source is frozen.
  if (copy !== null && (copy === head || source.moved !== null)) return { after: last, onto: head, copy };
  const after = copy === null ? await originAt(to, head) : null;
  const isOfSource = after !== null && (await from.history.resolve(after)) === after;
  if (isOfSource) return { after, onto: head, copy: null };
  throw new ConflictError(
    `${to.target} is not empty, and its newest revision ${head} is no copy of one of this store`,
    {
      suggestions: [
        'Name an empty target',
        'If others wrote to the target meanwhile: empty it, and begin again',
      ],
      data: { target: to.target, expected: last, actual: head },
    },
  );
}

/** The end of the history of a source: its newest revision, or the one before it was frozen. Throws InvalidStateError. */
export async function endOf(store: Backend, { head, moved }: Standing): Promise<Revision> {
  const { cutOff } = store.history;
  if (cutOff !== null)
    throw new EnvironmentError(`${cutOff.why}: its history is incomplete`, {
      suggestions: [`Fetch the rest: ${cutOff.remedy}`],
    });
  const last =
    moved === null ? head : isRevisionId(moved.revision) ? await store.history.resolve(moved.revision) : null;
  if (last !== null) return last;
  throw new InvalidStateError(
    `${store.target}: ${head === null ? 'it is empty' : `${MARKER_FILE} names an unknown revision`}`,
    {
      data: { path: MARKER_FILE },
    },
  );
}

/** The files of revisions in a copy, and what stays behind of them. */
export function filesFor(source: OpenRepository, target: Pick<OpenRepository, 'git'> | null) {
  const left = new Map<string, string>();
  const { store } = source.repository;
  const filesOf: CopyParts['filesOf'] = async (whole) => {
    for (const path of whole.files.keys()) left.delete(path);
    for (const { path, what } of whole.odd) left.set(path, what);
    return target?.git ? whole.files : unsealed(store, whole);
  };
  return { filesOf, left: () => [...left].map(([path, what]) => `${path}: ${what}`) };
}

/** The parts with which a store is frozen or opened again. */
export const freezing = (
  store: Backend,
  { author, timeoutMs, clock, note }: MigrationParts,
): FreezeParts => ({
  store,
  author,
  timeoutMs,
  clock,
  note,
});

/**
 * The error for a copy that is not what its source is.
 * @param inUse address of the store that was opened again; null if none was
 */
export function differs(
  comparison: Comparison,
  lower: readonly string[],
  inUse: string | null,
): FindingsError {
  const findings = [...comparison.findings, ...lower.map((name) => `lock ${name}: its token is lower`)];
  const count = comparison.differences + lower.length;
  return new FindingsError(
    `the copy differs from the store in ${counted(count, 'place')}: ${findings.slice(0, 3).join('; ')}`,
    {
      suggestions: [
        inUse === null
          ? 'Look at both before you use the copy'
          : `Go on with ${inUse}: it is in use again, and nothing of it was changed`,
        "Do not use the copy; 'kgit verify' tells what is wrong with the store itself",
      ],
      data: { findings },
    },
  );
}

/**
 * Moves a store to another place, of any kind, and has it frozen behind: copies its revisions, freezes it by a last commit,
 * copies the rest and the locks, compares the two, and takes along what waits here. A call that was stopped goes on when
 * it is made again. If the two differ, the source is opened again.
 * @param resumes whether the target may hold a part of this migration already
 * @throws ConflictError if the target holds anything else
 * @throws FindingsError if the copy differs from its source
 * @throws RefusedError for what the target does not take
 * @throws RemoteError
 */
export async function migrateStore(parts: MigrationParts, resumes: boolean): Promise<Migrated> {
  const { source, target, addresses, author, timeoutMs, clock, note, progress } = parts;
  const [from, to] = [source.repository.store, target.repository.store];
  await refuseMirror(from);
  const standing = await standingOf(from, timeoutMs);
  const { head } = await standingOf(to, timeoutMs);
  const { moved } = standing;
  if (moved !== null && moved.to !== addresses.target) throw movedElsewhere(from, moved);
  const end = await endOf(from, standing);
  const at = await progressOf(from, standing, end, to, head);
  // The target was emptied since.
  if (at.onto === null && moved !== null) throw movedElsewhere(from, moved);
  if (at.onto !== null && !resumes)
    throw new ConflictError(`${to.target} holds a part of this migration already`, {
      suggestions: ['Go on with it: --resume'],
      data: { target: to.target, expected: null, actual: at.onto },
    });
  const { filesOf, left } = filesFor(source, target);
  const copying: CopyParts = { from, to, filesOf, timeoutMs, progress };
  const freeze = freezing(from, parts);
  let last = end;
  let copied: Copied = { revisions: 0, head: at.copy };
  if (at.copy === null) {
    const range = { ...at, upTo: end };
    copied = await (moved === null ? copyRevisions(copying, range) : copyFrozen(freeze, copying, range));
  }
  if (moved === null) {
    progress('freezing');
    last = (await freezeStore(freeze, addresses.target)).before;
    const rest = await copyFrozen(freeze, copying, { after: end, upTo: last, onto: copied.head });
    copied = { revisions: copied.revisions + rest.revisions, head: rest.head };
  }
  const copy = copied.head ?? last;
  const locks = await copyLocks(from, to, author, timeoutMs);
  progress('comparing');
  const compared = await compareStores({ store: from, revision: last }, { store: to, revision: copy });
  const lower = await lowerLocks(from, to, timeoutMs);
  if (compared.differences + lower.length > 0) {
    // Once others write to the target, the source must not be opened again.
    const isUnused = (await to.refresh(timeoutMs)).revision === copy;
    if (isUnused) await unfreezeStore(freeze, (await from.view(last).read(MARKER_FILE)) ?? '');
    throw differs(compared, lower, isUnused ? addresses.source : null);
  }
  const waiting = await handOver(source, target, clock.now() + timeoutMs, note);
  return { revisions: copied.revisions, locks, waiting, last, copy, compared, left: left() };
}

/** The error for a store that went to another place. */
export function movedElsewhere(store: Backend, { to, at }: Moved): ConflictError {
  return new ConflictError(`${store.target} has moved already, to ${to} (${at})`, {
    suggestions: [
      `Use that one: --repo ${shellWord(to)}`,
      `If writes of this machine wait for the old one, publish them there: kgit migrate --repo ${shellWord(store.target)} --to ${shellWord(to)} --resume`,
    ],
    data: { expected: to },
  });
}
