/**
 * The lines of an archive: one JSON value each. The first describes the archive; then come the revisions from the first
 * to the newest, the locks, and the operations that wait; the last one counts them.
 */
import { InvalidStateError, RefusedError } from '../../errors.js';
import { type LeaseRecord, leaseFromJson } from '../../model/lease/lease.js';
import type { Actor } from '../../model/operation/operation.js';
import { isUlid } from '../../model/value/ulid.js';
import { isMap } from '../../model/value/value.js';
import { isWaitingName } from '../../store/local/waiting-files.js';
import type { WholeRevision } from '../../store/port/history.js';
import type { Revision } from '../../store/port/state-store.js';

const FORMAT = 'kgit/v1';
/** Longest line, in bytes: a revision with all that it wrote. */
export const MAX_LINE = 256 * 1024 * 1024;
/** Longest path, in characters. */
const MAX_PATH = 4_096;

/** The first line. */
export interface ArchiveHead {
  /** Id of the store. */
  readonly store: string;
  /** The store, for people. */
  readonly target: string;
  /** The newest revision. */
  readonly revision: Revision;
}

/** A revision as an archive has it. */
export interface ArchivedRevision {
  readonly revision: Revision;
  readonly parent: Revision | null;
  /** ms since the epoch */
  readonly time: number;
  readonly author: Actor;
  readonly message: string;
  readonly files: ReadonlyMap<string, string | null>;
}

/** How many there are of each; the last line. */
export interface ArchiveCounts {
  readonly revisions: number;
  readonly locks: number;
  readonly operations: number;
}

export type ArchiveLine =
  | { readonly kind: 'revision'; readonly value: ArchivedRevision }
  | { readonly kind: 'lock'; readonly value: LeaseRecord }
  | { readonly kind: 'waiting'; readonly value: { readonly name: string; readonly text: string } }
  | { readonly kind: 'end'; readonly value: ArchiveCounts };

/** Throws RefusedError for a line that would not be read again. */
function line(value: unknown): string {
  const text = `${JSON.stringify(value)}\n`;
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_LINE) return text;
  throw new RefusedError(
    `a revision, or an operation that waits, takes ${bytes} bytes in an archive, more than one may (${MAX_LINE})`,
    { suggestions: ['Back up the store by the means of its server'], data: { bytes, limit: MAX_LINE } },
  );
}

export const headLine = (head: ArchiveHead, createdAt: string): string =>
  line({ archive: FORMAT, ...head, createdAt });

export function revisionLine({ revision, parent, published, author, message, files }: WholeRevision): string {
  const { name, email } = author;
  const time = new Date(published).toISOString();
  return line({ revision, parent, time, author: { name, email }, message, files: [...files] });
}

export const lockLine = (lock: LeaseRecord): string => line({ lock });
export const waitingLine = (name: string, text: string): string => line({ waiting: name, text });
export const endLine = (end: ArchiveCounts): string => line({ end });

/** The error for a file that is no archive, or a damaged one. */
export function brokenArchive(file: string, why: string, advice = 'Take another backup'): InvalidStateError {
  return new InvalidStateError(`${file} cannot be restored: ${why}`, {
    data: { path: file },
    suggestions: [`${advice}: nothing was changed`],
  });
}

/** Whether a text can be a path of a store. */
function isPath(path: string): boolean {
  const isName = (name: string) => name !== '' && name !== '.' && name !== '..';
  return path.length <= MAX_PATH && !/[\0\p{Cs}]/u.test(path) && path.split('/').every(isName);
}

const isText = (value: unknown): value is string => typeof value === 'string' && !/\p{Cs}/u.test(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function filesOf(value: unknown): ReadonlyMap<string, string | null> | null {
  if (!Array.isArray(value)) return null;
  const files = new Map<string, string | null>();
  for (const item of value) {
    const [path, text, ...more]: unknown[] = Array.isArray(item) ? item : [];
    if (!isText(path) || !isPath(path) || files.has(path) || more.length > 0) return null;
    if (text !== null && !isText(text)) return null;
    files.set(path, text);
  }
  for (const [path, text] of files)
    for (let cut = path.indexOf('/'); cut > 0 && text !== null; cut = path.indexOf('/', cut + 1))
      if (typeof files.get(path.slice(0, cut)) === 'string') return null;
  return files;
}

function revisionOf({
  revision,
  parent,
  time,
  author,
  message,
  files,
}: Record<string, unknown>): ArchivedRevision | null {
  const all = filesOf(files);
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (!isText(revision) || !(parent === null || isText(parent)) || !isText(message) || all === null)
    return null;
  if (Number.isNaN(at) || !isMap(author)) return null;
  const { name, email } = author;
  if (!isText(name) || !isText(email)) return null;
  return { revision, parent, time: at, author: { name, email }, message, files: all };
}

/** The first line of an archive; null if it is none. Throws InvalidStateError for an archive of a newer kgit. */
export function parseHeadLine(text: string, file: string): ArchiveHead | null {
  const json = parsed(text);
  if (json === null || !isText(json['archive'])) return null;
  if (json['archive'] !== FORMAT)
    throw brokenArchive(
      file,
      `its format is ${JSON.stringify(json['archive'].slice(0, 40))}`,
      'Use a newer kgit',
    );
  const { store, target, revision } = json;
  if (!isText(store) || !isUlid(store) || !isText(target) || !isText(revision)) return null;
  return { store, target, revision };
}

/** A line behind the first; null if it is none. */
export function parseLine(text: string): ArchiveLine | null {
  const json = parsed(text);
  if (json === null) return null;
  if ('revision' in json) {
    const value = revisionOf(json);
    return value && { kind: 'revision', value };
  }
  if ('lock' in json) {
    const value = leaseFromJson(json['lock']);
    return value && { kind: 'lock', value };
  }
  const { waiting: name, text: entry, end } = json;
  if (isText(name) && isText(entry))
    return isWaitingName(name) ? { kind: 'waiting', value: { name, text: entry } } : null;
  if (!isMap(end)) return null;
  const { revisions, locks, operations } = end;
  if (!isCount(revisions) || !isCount(locks) || !isCount(operations)) return null;
  return { kind: 'end', value: { revisions, locks, operations } };
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(text);
    return isMap(json) ? json : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
