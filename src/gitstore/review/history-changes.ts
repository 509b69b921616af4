import { placeOfPath } from '../../model/subject/place.js';
import type { ChangedFile, HistoryChange, HistoryCommit } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { changedFile } from '../objects/raw-changes.js';
import type { Git } from '../process/git.js';
import { gitRecords, RAW_CHANGES } from '../process/git-records.js';

/** Begins the record of a commit. Its changes follow, each a line of `--raw` and a path. */
const COMMIT = '\u0001';
const FIELDS = ['%H', '%an', '%cI', '%(trailers:key=Kgit-Accepts-Removal,valueonly,separator=%x20)'];
const ARGS = ['log', `--format=%x01${FIELDS.join('%x00')}`, ...RAW_CHANGES];
/** How many changes are yielded at a time, unless one month alone has more. */
const BATCH = 4_096;

/** The month of a subject that a path belongs to, `<events folder>/YYYY-MM`; null for other paths. */
function monthOf(path: string): string | null {
  const { kind } = placeOfPath(path);
  if (kind === 'sealed') return path.slice(0, -'.yaml'.length);
  return kind === 'event' ? path.slice(0, path.lastIndexOf('/')) : null;
}

/** Collects the changes of one commit month by month, and keeps those of months that lose something. */
export class Gathering {
  #month: string | null = null;
  #own: ChangedFile[] = [];
  #isLoss = false;
  #ready: ChangedFile[] = [];

  add(change: ChangedFile): void {
    const month = monthOf(change.path);
    if (month === null) return;
    if (month !== this.#month) this.#endMonth(month);
    this.#own.push(change);
    this.#isLoss ||= change.before !== null && change.before !== change.after;
  }

  #endMonth(next: string | null): void {
    if (this.#isLoss) this.#ready.push(...this.#own);
    this.#month = next;
    this.#own = [];
    this.#isLoss = false;
  }

  get isFull(): boolean {
    return this.#ready.length >= BATCH;
  }

  /** Takes the collected changes; at the end of a commit, also those of its last month. */
  take(isEnd: boolean): readonly ChangedFile[] {
    if (isEnd) this.#endMonth(null);
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }
}

/**
 * Yields the changes of each commit, along first parents from `to` down to but without `from`, to months of events that
 * lost something: sealings, and events that were removed or edited. A merge is compared with its first parent. Reads
 * one git process as it prints.
 * @param onCommit called for each commit
 */
export async function* historyChanges(
  git: Git,
  from: Revision | null,
  to: Revision,
  onCommit: (commit: HistoryCommit) => void,
): AsyncGenerator<HistoryChange> {
  const range = from === null ? [to] : [to, `^${from}`];
  const args = [...ARGS, '--end-of-options', ...range, '--'];
  let commit: HistoryCommit | null = null;
  let header: string[] | null = null;
  let raw: string | null = null;
  let gathering = new Gathering();
  for await (const tokens of gitRecords(git, args, '\0')) {
    for (const token of tokens) {
      if (raw !== null) {
        gathering.add(changedFile(raw, token));
        raw = null;
        if (commit && gathering.isFull) yield { commit, changes: gathering.take(false) };
      } else if (header) {
        header.push(token);
        if (header.length < FIELDS.length) continue;
        commit = commitOf(header);
        header = null;
        onCommit(commit);
      } else if (token.startsWith(COMMIT)) {
        const changes = gathering.take(true);
        if (commit && changes.length > 0) yield { commit, changes };
        gathering = new Gathering();
        header = [token.slice(1)];
      } else if (token.trimStart().startsWith(':')) raw = token.trimStart();
    }
  }
  const changes = gathering.take(true);
  if (commit && changes.length > 0) yield { commit, changes };
}

const OID = /^[0-9a-f]{7,64}$/;

function commitOf([
  revision = '',
  author = '',
  committed = '',
  accepts = '',
]: readonly string[]): HistoryCommit {
  return { revision, author, committed, accepts: acceptsIn(accepts) };
}

/** The ids in the values of Kgit-Accepts-Removal. */
export function acceptsIn(values: string): string[] {
  return values.split(/\s+/).filter((word) => OID.test(word));
}
