import type { ChangedFile, HistoryChange, HistoryCommit, Review, TreeFile } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { GIT_TOOLS } from '../review/git-tools.js';
import { acceptsIn, Gathering } from '../review/history-changes.js';
import { treeFile } from '../review/tree-file.js';
import type { CommitLine } from './commit-line.js';
import type { CommitHeader } from './object-formats.js';
import type { StoredObjects } from './stored-objects.js';
import { changedFile, treeDifferences } from './tree-edits.js';

/** How many files are yielded at a time. */
const BATCH = 1_000;

/** RFC 3339, in the zone of who committed. */
function committedAt({ committed, zone }: CommitHeader): string {
  const [, sign, hours = '00', minutes = '00'] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const local = new Date(committed * 1000 + offset).toISOString().slice(0, 19);
  return `${local}${sign ?? '+'}${hours}:${minutes}`;
}

/** The last lines of a message that are trailers with this key. */
function trailers(message: string, key: string): string[] {
  const last =
    message
      .trimEnd()
      .split(/\n\s*\n/)
      .at(-1) ?? '';
  return [...last.matchAll(new RegExp(`^${key}: *(.*)$`, 'gim'))].map(([, value = '']) => value);
}

/** Reviews of a git repository without the git program. It has no signatures. */
export class EmbeddedReview implements Review {
  readonly tools = GIT_TOOLS;
  readonly isPartial: boolean;
  readonly #objects: StoredObjects;
  readonly #line: CommitLine;

  constructor(objects: StoredObjects, line: CommitLine, isPartial: boolean) {
    this.#objects = objects;
    this.#line = line;
    this.isPartial = isPartial;
  }

  mergeBase(one: Revision, other: Revision): Promise<Revision | null> {
    return this.#line.mergeBase(one, other);
  }

  async isOnLine(older: Revision, newer: Revision): Promise<boolean> {
    const { committed } = await this.#line.commit(older);
    for await (const { oid, commit } of this.#line.line(newer)) {
      if (oid === older) return true;
      // Dates do not go backwards along the branch, but for a clock that was wrong by less than a day.
      if (commit.committed < committed - 86_400) return false;
    }
    return false;
  }

  async *files(revision: Revision): AsyncGenerator<readonly TreeFile[]> {
    const { tree } = await this.#line.commit(revision);
    let batch: TreeFile[] = [];
    for await (const { path, after } of treeDifferences(this.#objects, null, tree)) {
      if (after === null) continue;
      const size =
        after.mode === '160000' ? null : ((await this.#objects.object(after.oid))?.data.length ?? null);
      batch.push(treeFile(path, after.mode, after.oid, size));
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  async changes(from: Revision, to: Revision): Promise<readonly ChangedFile[]> {
    const [before, after] = [await this.#line.commit(from), await this.#line.commit(to)];
    const changed: ChangedFile[] = [];
    for await (const each of treeDifferences(this.#objects, before.tree, after.tree))
      changed.push(changedFile(each));
    return changed;
  }

  async *history(
    from: Revision | null,
    to: Revision,
    onCommit: (commit: HistoryCommit) => void,
  ): AsyncGenerator<HistoryChange> {
    for await (const { oid, commit: header } of this.#line.line(to)) {
      if (oid === from) return;
      const { author, message } = header;
      const accepts = acceptsIn(trailers(message, 'Kgit-Accepts-Removal').join(' '));
      const commit = { revision: oid, author, committed: committedAt(header), accepts };
      onCommit(commit);
      const gathering = new Gathering();
      const before = await this.#line.before(oid, header);
      for await (const each of treeDifferences(this.#objects, before, header.tree)) {
        gathering.add(changedFile(each));
        if (gathering.isFull) yield { commit, changes: gathering.take(false) };
      }
      const changes = gathering.take(true);
      if (changes.length > 0) yield { commit, changes };
    }
  }

  async contentAt(revision: Revision, path: string): Promise<string | null> {
    return (await this.#objects.read(`${revision}:${path}`))?.oid ?? null;
  }

  async sizes(oids: readonly string[]): Promise<readonly number[]> {
    return (await this.contents(oids)).map((data) => data.length);
  }

  async contents(oids: readonly string[]): Promise<readonly Buffer[]> {
    const found: Buffer[] = [];
    for (const oid of oids) found.push((await this.#objects.need(oid, 'blob')).data);
    return found;
  }

  async changesOf(path: string, to: Revision): Promise<readonly Revision[]> {
    const found: Revision[] = [];
    let newer: { oid: Revision; content: string | null } | null = null;
    for await (const { oid } of this.#line.line(to)) {
      const content = await this.contentAt(oid, path);
      if (newer !== null && newer.content !== content) found.push(newer.oid);
      newer = { oid, content };
    }
    return newer !== null && newer.content !== null ? [...found, newer.oid] : found;
  }
}
