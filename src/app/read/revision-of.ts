import { NotFoundError, UsageError } from '../../errors.js';
import { isRevisionId } from '../../model/operation/origin-trailer.js';
import { parseTime } from '../../model/value/time.js';
import type { Reading } from '../../store/outbox/outcomes.js';
import type { Backend } from '../../store/port/backend.js';
import type { Revision } from '../../store/port/state-store.js';

/** Parses a time, in ms since the epoch; null if the text is not a time. */
function timeOrNull(text: string, now: number): number | null {
  try {
    return parseTime(text, now);
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

/** Where revisions are looked up. */
export interface Revisions {
  readonly store: Pick<Backend, 'view' | 'history' | 'workingCopy'>;
  readonly reading: Reading;
}

/** HEAD, optionally followed by steps back from it. */
const HEAD = /^(?:HEAD|@)([~^].*)?$/;

/** Returns the revision that is checked out in the current folder, else the tip of the state branch; null if that is empty. */
async function headRevision({ store, reading }: Revisions): Promise<Revision | null> {
  return (await store.workingCopy?.checkedOut()) ?? reading.revision;
}

/** Resolves the id that a revision had in the store from which this one was migrated; null if it is none. */
async function copyOf(text: string, { store, reading }: Revisions): Promise<Revision | null> {
  if (reading.revision === null || !isRevisionId(text)) return null;
  return store.history.copyOf(text, reading.revision);
}

/** Resolves the name of a revision; null if there is none. A linked worktree has its own HEAD. */
async function revisionOrNull(text: string, revisions: Revisions): Promise<Revision | null> {
  const steps = HEAD.exec(text);
  if (steps === null) return (await revisions.store.history.resolve(text)) ?? copyOf(text, revisions);
  const head = await headRevision(revisions);
  return head === null ? null : revisions.store.history.resolve(`${head}${steps[1] ?? ''}`);
}

/** Resolves the name of a revision. Throws NotFoundError. */
export async function namedRevision(text: string, revisions: Revisions): Promise<Revision> {
  const named = await revisionOrNull(text, revisions);
  if (named !== null) return named;
  throw new NotFoundError(`there is no revision ${JSON.stringify(text.slice(0, 80))}`, {
    suggestions: [...revisions.store.history.naming],
    data: { revision: text.slice(0, 300) },
  });
}

/** Resolves a REVISION|TIME. Throws NotFoundError if it is neither. */
export async function placeInTime(
  text: string,
  revisions: Revisions,
  now: number,
): Promise<{ readonly revision: Revision } | { readonly time: number }> {
  const named = await revisionOrNull(text, revisions);
  if (named !== null) return { revision: named };
  const time = timeOrNull(text, now);
  if (time !== null) return { time };
  throw new NotFoundError(`there is no revision ${JSON.stringify(text.slice(0, 80))}, and it is no time`, {
    suggestions: [`${revisions.store.history.naming[0]}; a time is 2025-07-11, "2025-07-11 14:30", 3d`],
    data: { at: text.slice(0, 300) },
  });
}

/** Resolves a REVISION|TIME to a revision: at a time, the newest one that was published by then. Throws NotFoundError. */
export async function revisionThen(text: string, revisions: Revisions, now: number): Promise<Revision> {
  const place = await placeInTime(text, revisions, now);
  return 'revision' in place
    ? place.revision
    : revisionAt(place.time, text, revisions.store, revisions.reading);
}

/** Finds the newest revision that was published by a given time. Throws NotFoundError. */
export async function revisionAt(
  time: number,
  text: string,
  store: Pick<Backend, 'history'>,
  { revision }: Reading,
): Promise<Revision> {
  const then = revision && (await store.history.revisionAt(revision, time));
  if (then) return then;
  throw new NotFoundError(`at ${JSON.stringify(text.slice(0, 80))} nothing was published yet`, {
    suggestions: ["'kgit log --reverse' shows when it began"],
    data: { at: text.slice(0, 300) },
  });
}
