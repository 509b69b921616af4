import { MARKER_FILE } from '../../../model/subject/layout.js';
import type { Commit, Revision } from '../../../store/port/state-store.js';
import { isApplied } from '../key-reader.js';
import type { Append, AppendedCommit, Cost, KeySpace, Put } from '../key-space.js';
import { isMarked } from '../keyed-view.js';
import { budgetOf, isWithin, listBytes, ROOM, sum } from '../large-write.js';
import { FORMAT, fileKey, HEAD, revisionKey } from '../layout.js';
import {
  digestOf,
  formatHead,
  formatRecordRest,
  formatRecordStart,
  formatText,
  type HeadRecord,
  parseHead,
  type RevisionRecord,
  recordBeginning,
  revisionAfter,
  seqOf,
} from '../records.js';

const parentFolder = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** Where a commit begins names that nobody else may begin. */
function beginningsOf(commits: readonly Commit[]): string[] {
  return commits.flatMap(({ append = [] }) => append);
}

/** The paths at which no file may be: folders of the new files, and the sealed months that would hold them. */
function excludedPaths(beginnings: readonly string[]): Set<string> {
  const paths = new Set<string>();
  for (const beginning of beginnings) {
    const month = parentFolder(beginning);
    paths.add(`${month}.yaml`);
    for (let folder = month; folder !== ''; folder = parentFolder(folder)) paths.add(folder);
  }
  return paths;
}

/** A commit that only adds events, with what its record says about it; null for any other commit. */
function appendedCommit({ append, message, author, files, published }: Commit): AppendedCommit | null {
  if (!append || published !== undefined) return null;
  const puts: Put[] = [];
  for (const [path, value] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value === null || isMarked(path) || !append.some((each) => path.startsWith(each))) return null;
    puts.push({ key: fileKey(path), value });
  }
  const added = puts.map(({ key }) => key.slice(fileKey('').length));
  const rest = formatRecordRest({ author, message, added, changed: [], removed: [], lists: 0 });
  return { digest: digestOf(message, author, files), rest, puts };
}

/**
 * The commits as what a key space can append; the first of them if not all fit into one transaction. Null if they have
 * to be compared with the head.
 * @param marker text of kgit.yaml at `base`, which must not have changed since
 * @param now ms since the epoch
 */
export function appendOf(
  space: KeySpace,
  {
    base,
    store,
    marker,
  }: { readonly base: Revision; readonly store: string; readonly marker: string | null },
  commits: readonly Commit[],
  now: number,
): Append | null {
  const budget = budgetOf(space);
  const fitting: AppendedCommit[] = [];
  let cost: Cost = space.cost([{ key: HEAD, value: ROOM }]);
  for (const commit of commits) {
    const appended = appendedCommit(commit);
    if (appended === null || Buffer.byteLength(appended.rest) > listBytes(budget)) return null;
    const record = { key: revisionKey(0), value: ROOM + appended.rest };
    cost = sum(cost, space.cost([record, ...appended.puts]));
    if (!isWithin(cost, budget)) break;
    fitting.push(appended);
  }
  if (fitting.length === 0) return null;
  const beginnings = beginningsOf(commits.slice(0, fitting.length));
  return {
    base: { key: revisionKey(seqOf(base) ?? 0), beginning: recordBeginning(base) },
    expect: new Map([
      [FORMAT, formatText(store)],
      [fileKey(MARKER_FILE), marker],
      ...[...excludedPaths(beginnings)].map((path) => [fileKey(path), null] as const),
    ]),
    free: beginnings.map(fileKey),
    commits: fitting,
    now,
  };
}

/** Whether what a revision changed leaves room for the commits. */
export function leavesRoom({ expect, free }: Append, record: RevisionRecord): boolean {
  const touched = [...record.added, ...record.changed, ...record.removed].map(fileKey);
  return !touched.some((key) => expect.has(key) || free.some((beginning) => key.startsWith(beginning)));
}

/** What the commits put on top of a head. */
interface Appended {
  readonly head: HeadRecord;
  readonly revisions: readonly Revision[];
  /** But for the head. */
  readonly puts: readonly Put[];
}

/** Puts the commits on top of a head, as `Draft` does. */
export function appendTo(head: HeadRecord, { commits, now }: Append): Appended {
  const time = Math.max(now, head.time);
  const revisions: Revision[] = [];
  const puts: Put[] = [];
  let { seq, revision: parent } = head;
  for (const { digest, rest, puts: files } of commits) {
    seq += 1;
    const revision = revisionAfter(parent, seq, digest);
    puts.push({ key: revisionKey(seq), value: formatRecordStart({ revision, parent, time }) + rest });
    puts.push(...files);
    revisions.push(revision);
    parent = revision;
  }
  return { head: { seq, revision: parent, time, applied: seq, parts: 0 }, revisions, puts };
}

/** What a key space holds, while nobody else writes to it. */
export interface LockedKeys {
  /** The value of a key; null if there is none. */
  value(key: string): string | null;
  /** Whether a key begins so. @param beginning folder and beginning of a name */
  hasName(beginning: string): boolean;
}

/** What an append puts, the head included; null if the keys do not allow it. */
export function appendLocked(append: Append, keys: LockedKeys): (Appended & { all: readonly Put[] }) | null {
  const text = keys.value(HEAD);
  const head = text === null ? null : parseHead(text);
  if (head === null || !isApplied(head)) return null;
  if (!keys.value(append.base.key)?.startsWith(append.base.beginning)) return null;
  for (const [key, value] of append.expect) if (keys.value(key) !== value) return null;
  if (append.free.some((beginning) => keys.hasName(beginning))) return null;
  const appended = appendTo(head, append);
  return { ...appended, all: [...appended.puts, { key: HEAD, value: formatHead(appended.head) }] };
}
