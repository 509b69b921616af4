import { createHash } from 'node:crypto';
import { InvalidStateError } from '../../errors.js';
import { placeOfPath } from '../../model/subject/place.js';
import type { ChangedFile, HistoryChange, HistoryCommit, Review, TreeFile } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import type { KeyReader } from './key-reader.js';
import type { KeyedView } from './keyed-view.js';
import { type RevisionRecord, seqOf } from './records.js';

/** How many files are read at a time. */
const FILES = 200;

/** Where a content was seen. */
interface Seen {
  readonly revision: Revision;
  readonly path: string;
  readonly bytes: number;
}

/** The month of a subject that a path belongs to, `<events folder>/YYYY-MM`; null for other paths. */
function monthOf(path: string): string | null {
  const { kind } = placeOfPath(path);
  if (kind === 'sealed') return path.slice(0, -'.yaml'.length);
  return kind === 'event' ? path.slice(0, path.lastIndexOf('/')) : null;
}

/** Compares revisions on the one line of a keyed store. The id of a content is its SHA-256. Nothing is signed. */
export class KeyedReview implements Review {
  readonly isPartial = false;
  readonly #reader: KeyReader;
  readonly #view: (revision: Revision) => KeyedView;
  /** The contents whose ids were handed out. */
  readonly #seen = new Map<string, Seen>();

  constructor(reader: KeyReader, view: (revision: Revision) => KeyedView) {
    this.#reader = reader;
    this.#view = view;
  }

  async #isThere(revision: Revision): Promise<boolean> {
    return (await this.#reader.record(seqOf(revision) ?? 0))?.revision === revision;
  }

  async isOnLine(older: Revision, newer: Revision): Promise<boolean> {
    if (!(await this.#isThere(older)) || !(await this.#isThere(newer))) return false;
    return (seqOf(older) ?? 0) <= (seqOf(newer) ?? 0);
  }

  async *files(revision: Revision): AsyncGenerator<readonly TreeFile[]> {
    let paths: string[] = [];
    for await (const path of this.#view(revision).paths()) {
      paths.push(path);
      if (paths.length < FILES) continue;
      yield await this.#filesOf(revision, paths);
      paths = [];
    }
    yield await this.#filesOf(revision, paths);
  }

  async #filesOf(revision: Revision, paths: readonly string[]): Promise<TreeFile[]> {
    const contents = await this.#contentsAt(revision, paths);
    return paths.flatMap((path, i) => {
      const content = contents[i] ?? null;
      const bytes = content === null ? 0 : (this.#seen.get(content)?.bytes ?? 0);
      return content === null ? [] : { path, kind: 'plain', content, bytes };
    });
  }

  /** Ids of the contents of files; null where there is none. */
  async #contentsAt(revision: Revision | null, paths: readonly string[]): Promise<(string | null)[]> {
    if (revision === null) return paths.map(() => null);
    const texts = await this.#view(revision).readMany(paths);
    return texts.map((text, i) => {
      if (text === null) return null;
      const content = createHash('sha256').update(text).digest('hex');
      const path = paths[i] as string;
      if (!this.#seen.has(content))
        this.#seen.set(content, { revision, path, bytes: Buffer.byteLength(text) });
      return content;
    });
  }

  async changes(from: Revision, to: Revision): Promise<readonly ChangedFile[]> {
    const [first, last] = [seqOf(from) ?? 0, seqOf(to) ?? 0].sort((a, b) => a - b) as [number, number];
    const touched = new Set<string>();
    for await (const { added, changed, removed } of this.#reader.records(first + 1, last))
      for (const path of [...added, ...changed, ...removed]) touched.add(path);
    return this.#changed(from, to, [...touched]);
  }

  async #changed(
    from: Revision | null,
    to: Revision,
    touched: readonly string[],
  ): Promise<readonly ChangedFile[]> {
    const paths = [...touched].sort();
    const before = await this.#contentsAt(from, paths);
    const after = await this.#contentsAt(to, paths);
    return paths
      .map((path, i) => ({ path, before: before[i] ?? null, after: after[i] ?? null }))
      .filter((file) => file.before !== file.after);
  }

  async *history(
    from: Revision | null,
    to: Revision,
    onCommit: (commit: HistoryCommit) => void,
  ): AsyncGenerator<HistoryChange> {
    for await (const record of this.#line(from, to)) {
      const { revision, author, time, parent } = record;
      const commit = { revision, author: author.name, committed: new Date(time).toISOString(), accepts: [] };
      onCommit(commit);
      const lost = new Set([...record.changed, ...record.removed].map(monthOf));
      const isOfLoss = (path: string) => {
        const month = monthOf(path);
        return month !== null && lost.has(month);
      };
      const paths = [...record.added, ...record.changed, ...record.removed].filter(isOfLoss);
      if (paths.length > 0) yield { commit, changes: await this.#changed(parent, revision, paths) };
    }
  }

  #line(from: Revision | null, to: Revision): AsyncGenerator<RevisionRecord> {
    return this.#reader.recordsBack(seqOf(to) ?? 0, from === null ? 1 : (seqOf(from) ?? 0) + 1);
  }

  async contentAt(revision: Revision, path: string): Promise<string | null> {
    return (await this.#contentsAt(revision, [path]))[0] ?? null;
  }

  #seenAs(content: string): Seen {
    const seen = this.#seen.get(content);
    if (seen) return seen;
    throw new InvalidStateError(`no file with the content ${content} was seen`, { data: { content } });
  }

  async sizes(contents: readonly string[]): Promise<readonly number[]> {
    return contents.map((content) => this.#seenAs(content).bytes);
  }

  async contents(names: readonly string[]): Promise<readonly Buffer[]> {
    const byRevision = new Map<Revision, string[]>();
    for (const { revision, path } of names.map((name) => this.#seenAs(name)))
      byRevision.set(revision, [...(byRevision.get(revision) ?? []), path]);
    const texts = new Map<string, string>();
    for (const [revision, paths] of byRevision)
      for (const [i, text] of (await this.#view(revision).readMany(paths)).entries())
        texts.set(`${revision} ${paths[i]}`, text ?? '');
    return names.map((name) => {
      const { revision, path } = this.#seenAs(name);
      return Buffer.from(texts.get(`${revision} ${path}`) ?? '');
    });
  }

  async changesOf(path: string, to: Revision): Promise<readonly Revision[]> {
    const revisions: Revision[] = [];
    const isBelow = (each: string) => each === path || each.startsWith(`${path}/`);
    for await (const { revision, added, changed, removed } of this.#line(null, to))
      if ([added, changed, removed].some((paths) => paths.some(isBelow))) revisions.push(revision);
    return revisions;
  }
}
