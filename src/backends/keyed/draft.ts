import { placeOfPath } from '../../model/subject/place.js';
import type { Commit, Revision } from '../../store/port/state-store.js';
import { isMarked, type KeyedView } from './keyed-view.js';
import { ADDED, fileKey, formerFolder, formerName, pathsKey, revisionKey } from './layout.js';
import {
  digestOf,
  formatRecord,
  type HeadRecord,
  type Paths,
  type RevisionRecord,
  revisionAfter,
} from './records.js';

type Change = 'added' | 'changed' | 'removed';

/** A commit as the keys that it puts, but for the head. */
export interface DraftedCommit {
  readonly revision: Revision;
  readonly seq: number;
  /** ms since the epoch. */
  readonly time: number;
  readonly puts: ReadonlyMap<string, string | null>;
}

/** Turns a chain of commits on top of a head into keys. */
export class Draft {
  readonly #view: KeyedView;
  readonly #now: number;
  /** How many bytes a list of paths may have. */
  readonly #listBytes: number;
  readonly #files = new Map<string, string | null>();
  #head: Pick<HeadRecord, 'seq' | 'revision' | 'time'> | null;

  /**
   * @param view of the revision at `head`
   * @param now ms since the epoch
   */
  constructor(view: KeyedView, head: HeadRecord | null, now: number, listBytes: number) {
    this.#view = view;
    this.#head = head;
    this.#now = now;
    this.#listBytes = listBytes;
  }

  /** Adds a commit. Throws InvalidStateError where a folder is in the place of a file. */
  async add(commit: Commit): Promise<DraftedCommit> {
    const { message, author } = commit;
    const files = await this.#filesOf(commit);
    const parent = this.#head?.revision ?? null;
    const seq = (this.#head?.seq ?? 0) + 1;
    const time = Math.max(commit.published ?? this.#now, this.#head?.time ?? 0);
    const puts = new Map<string, string | null>();
    const paths: Record<Change, string[]> = { added: [], changed: [], removed: [] };
    const changes = new Map<string, string | null>();
    await this.#view.prefetch([...files.keys()].filter((path) => !this.#files.has(path)));
    for (const [path, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const before = await this.#textOf(path, files);
      if (before === text) continue;
      changes.set(path, text);
      paths[before === null ? 'added' : text === null ? 'removed' : 'changed'].push(path);
      puts.set(fileKey(path), text);
      const former = formerFolder(path) + formerName(seq);
      if (before !== null) puts.set(former, before);
      else if (isMarked(path)) puts.set(former + ADDED, '');
      const place = placeOfPath(path);
      if (place.kind !== 'state') continue;
      // Loaded late: most writes change no state.
      const { valuePuts } = await import('./state-values.js');
      for (const [key, value] of valuePuts(place.subject.id, before, text)) puts.set(key, value);
    }
    const revision = revisionAfter(parent, seq, digestOf(message, author, changes));
    for (const [path, text] of files) this.#files.set(path, text);
    const lists = this.#split(paths);
    const record: RevisionRecord = { revision, parent, time, author, message, ...paths, lists: lists.length };
    puts.set(revisionKey(seq), formatRecord(record));
    for (const [n, list] of lists.entries()) puts.set(pathsKey(seq, n), list);
    this.#head = { seq, revision, time };
    return { revision, seq, time, puts };
  }

  /** The files that a commit writes and removes, each by itself. */
  async #filesOf(commit: Commit): Promise<Map<string, string | null>> {
    const files = new Map<string, string | null>();
    for (const [path, text] of commit.files) {
      if (text === null) for await (const each of this.#pathsAt(path)) files.set(each, null);
    }
    for (const [path, text] of commit.files) if (text !== null) files.set(path, text);
    return files;
  }

  /** The text before a commit that writes and removes `files`. */
  async #textOf(path: string, files: ReadonlyMap<string, string | null>): Promise<string | null> {
    const drafted = this.#files.get(path);
    if (drafted !== undefined) return drafted;
    const text = await this.#view.text(path);
    // Whoever plans events looks for what begins as their paths do.
    if (text === null && isMarked(path) && (await this.#view.kindOf(path)) === 'folder')
      for await (const below of this.#view.paths(path))
        if ((files.has(below) ? files : this.#files).get(below) !== null) return this.#view.read(path);
    return text;
  }

  /** The file at a path, or the files of the folder there. */
  async *#pathsAt(path: string): AsyncGenerator<string> {
    for (const drafted of this.#files.keys())
      if (drafted === path || drafted.startsWith(`${path}/`)) yield drafted;
    const kind = await this.#view.kindOf(path);
    if (kind === 'file') yield path;
    else if (kind === 'folder') yield* this.#view.paths(path);
  }

  /** The lists of paths as texts of their own; none if they fit into the record. */
  #split(paths: Paths): string[] {
    const all = (['added', 'changed', 'removed'] as const).flatMap((kind) =>
      paths[kind].map((path) => [kind, path] as const),
    );
    const lists: Record<Change, string[]>[] = [];
    let bytes = this.#listBytes;
    for (const [kind, path] of all) {
      const own = Buffer.byteLength(JSON.stringify(path)) + 1;
      if (bytes + own > this.#listBytes) {
        lists.push({ added: [], changed: [], removed: [] });
        bytes = 0;
      }
      bytes += own;
      lists.at(-1)?.[kind].push(path);
    }
    return lists.length > 1 ? lists.map((list) => JSON.stringify(list)) : [];
  }
}
