/** What the keys of a store hold as JSON. Everything that is read is checked. */
import { createHash } from 'node:crypto';
import { InvalidStateError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { isUlid } from '../../model/value/ulid.js';
import { isMap } from '../../model/value/value.js';
import type { FileChanges, Revision } from '../../store/port/state-store.js';
import { HEAD } from './layout.js';

/** The newest revision. */
export interface HeadRecord {
  readonly seq: number;
  readonly revision: Revision;
  /** ms since the epoch. */
  readonly time: number;
  /** Number of the newest revision of which every key is in its place. */
  readonly applied: number;
  /** How many parts hold the rest; 0 if there is none. */
  readonly parts: number;
}

/** What a revision did to the files. */
export interface Paths {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface RevisionRecord extends Paths {
  readonly revision: Revision;
  readonly parent: Revision | null;
  /** When it was published, in ms since the epoch; never before its parent. */
  readonly time: number;
  readonly author: Actor;
  readonly message: string;
  /** How many keys hold the lists of paths, if they are too long for the record. */
  readonly lists: number;
}

const FORMAT_NAME = 'kgit/v1';

export const formatText = (store: string): string => `${FORMAT_NAME} ${store}`;

/** Returns the id of the store. Throws InvalidStateError if a newer kgit made it. */
export function parseFormat(text: string, target: string): string {
  const [name, store = ''] = text.split(' ');
  if (name === FORMAT_NAME && isUlid(store)) return store;
  throw new InvalidStateError(`${target}: its format is ${JSON.stringify(text.slice(0, 60))}`, {
    suggestions: ['Use a newer kgit', 'Check that it is a store of kgit'],
    data: { target },
  });
}

/** The number of a revision; null for a text that is none. */
export function seqOf(revision: string): number | null {
  const found = /^([1-9]\d{0,11})-[0-9a-f]{16}$/.exec(revision);
  return found ? Number(found[1]) : null;
}

/** Digest of a commit, from which its revision is made. */
export function digestOf(message: string, author: Actor, files: FileChanges): string {
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([message, author.name, author.email, sorted]))
    .digest('hex');
}

/**
 * The revision that a commit makes on top of another. The outer hash is SHA-1, which scripts in Redis have: it shows a
 * history that was replaced, and proves nothing.
 */
export function revisionAfter(parent: Revision | null, seq: number, digest: string): Revision {
  const hash = createHash('sha1')
    .update(`${parent ?? ''} ${digest}`)
    .digest('hex');
  return `${seq}-${hash.slice(0, 16)}`;
}

const timeText = (time: number) => new Date(time).toISOString();

export function formatHead({ seq, revision, time, applied, parts }: HeadRecord): string {
  return JSON.stringify({ seq, revision, time: timeText(time), applied, parts });
}

type RecordRest = Omit<RevisionRecord, 'revision' | 'parent' | 'time'>;

/** The text of a record from the author on, which does not depend on the revision before it. */
export function formatRecordRest({ author, message, added, changed, removed, lists }: RecordRest): string {
  const { name, email } = author;
  const paths = lists > 0 ? { lists } : { added, changed, removed };
  return `,${JSON.stringify({ author: { name, email }, message, ...paths }).slice(1)}`;
}

/** The text of a record up to the author. */
export function formatRecordStart({
  revision,
  parent,
  time,
}: Omit<RevisionRecord, keyof RecordRest>): string {
  return JSON.stringify({ revision, parent, time: timeText(time) }).slice(0, -1);
}

export function formatRecord(record: RevisionRecord): string {
  return formatRecordStart(record) + formatRecordRest(record);
}

/** The beginning of the record of a revision. */
export const recordBeginning = (revision: Revision): string => `{"revision":${JSON.stringify(revision)},`;

/** The error for a key that does not hold what kgit puts there. */
export function damaged(key: string): InvalidStateError {
  return new InvalidStateError(`the key ${key} is damaged`, {
    suggestions: ['Restore the store from a backup'],
    data: { key },
  });
}

function parsed(key: string, text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (isMap(json)) return json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw damaged(key);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** Throws InvalidStateError. */
export function parseHead(text: string): HeadRecord {
  const { seq, revision, time, applied, parts } = parsed(HEAD, text);
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (!isCount(seq) || typeof revision !== 'string' || seqOf(revision) !== seq || Number.isNaN(at))
    throw damaged(HEAD);
  if (!isCount(applied) || !isCount(parts) || applied > seq) throw damaged(HEAD);
  return { seq, revision, time: at, applied, parts };
}

/** Throws InvalidStateError. */
export function parseRecord(key: string, text: string): RevisionRecord {
  const { revision, parent, time, author, message, lists = 0, ...paths } = parsed(key, text);
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  const { added = [], changed = [], removed = [] } = paths;
  if (typeof revision !== 'string' || !(parent === null || typeof parent === 'string')) throw damaged(key);
  if (Number.isNaN(at) || typeof message !== 'string' || !isCount(lists) || !isMap(author))
    throw damaged(key);
  const { name, email } = author;
  if (typeof name !== 'string' || typeof email !== 'string') throw damaged(key);
  if (!isTexts(added) || !isTexts(changed) || !isTexts(removed)) throw damaged(key);
  return { revision, parent, time: at, author: { name, email }, message, added, changed, removed, lists };
}

/** Lists of paths that a record does not hold. Throws InvalidStateError. */
export function parsePaths(key: string, text: string): Paths {
  const { added = [], changed = [], removed = [] } = parsed(key, text);
  if (!isTexts(added) || !isTexts(changed) || !isTexts(removed)) throw damaged(key);
  return { added, changed, removed };
}
