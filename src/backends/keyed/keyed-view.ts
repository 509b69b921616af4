import { InvalidStateError } from '../../errors.js';
import { placeOfPath } from '../../model/subject/place.js';
import { beginningWith, byName } from '../../model/subject/sorted-names.js';
import { wentBack } from '../../store/port/shared-history.js';
import type { Entry, Revision, StateView } from '../../store/port/state-store.js';
import type { KeyReader, StampedHead } from './key-reader.js';
import { ADDED, fileKey, formerFolder, formerName, NO_NUMBER, revisionKey, TIP } from './layout.js';
import { Overlay } from './overlay.js';
import { parseRecord, seqOf } from './records.js';

/** How many files are read in one call. */
const FILES = 60;
/** After so many listings of parts of a folder, all of it is listed. */
const MANY_ASKS = 12;

/** Whether a revision that adds the file marks that in `was/`. Events, which are most of the files, go without. */
export const isMarked = (path: string): boolean => placeOfPath(path).kind !== 'event';

/** What the first revision behind that of a view did to a path. */
interface Touch {
  readonly seq: number;
  readonly isAdded: boolean;
}

function isElse(path: string, what: string): InvalidStateError {
  return new InvalidStateError(`${path}: ${what}`, { data: { path } });
}

/**
 * The files of one revision. The newest ones are read as they are; once newer revisions are there, a file is what the
 * first of them that touched it says: `was/` has what it replaced.
 */
export class KeyedView implements StateView {
  readonly #reader: KeyReader;
  readonly #revision: Revision | null;
  readonly #seq: number;
  readonly #texts = new Map<string, Promise<string | null>>();
  readonly #lists = new Map<string, Promise<readonly Entry[]>>();
  /** By folder: how many listings of it were asked for. */
  readonly #asks = new Map<string, number>();
  /** By path: of revisions behind this one, up to the number `#upTo`. */
  readonly #touches = new Map<string, Touch>();
  #upTo: number;
  #isConfirmed = false;

  constructor(reader: KeyReader, revision: Revision | null) {
    this.#reader = reader;
    this.#revision = revision;
    this.#seq = revision === null ? 0 : (seqOf(revision) ?? Number.NaN);
    this.#upTo = this.#seq;
  }

  async read(path: string): Promise<string | null> {
    const text = await this.text(path);
    if (text === null && (await this.kindOf(path)) !== null)
      throw isElse(path, 'a folder stands where a file should');
    return text;
  }

  /** Like `read`, but null where a folder is. */
  text(path: string): Promise<string | null> {
    const known = this.#texts.get(path);
    if (known) return known;
    return keep(
      this.#texts,
      path,
      this.readMany([path]).then(([text = null]) => text),
    );
  }

  /** Reads files for `text`, as many in one call as it takes. */
  async prefetch(paths: readonly string[]): Promise<void> {
    const missing = paths.filter((path) => !this.#texts.has(path));
    const texts = await this.readMany(missing);
    for (const [i, path] of missing.entries()) this.#texts.set(path, Promise.resolve(texts[i] ?? null));
  }

  /** Reads files, null where there is none, and keeps none of them in memory. */
  readMany(paths: readonly string[]): Promise<(string | null)[]> {
    return this.#readAll(paths, isMarked);
  }

  /**
   * Reads files that are there in this revision, as those that it wrote are. It takes one look at `was/` for each: what
   * comes first behind a revision that has the file replaces or removes it, and leaves a mark.
   */
  readWritten(paths: readonly string[]): Promise<(string | null)[]> {
    return this.#readAll(paths, () => true);
  }

  /** @param leavesMark whether the first revision behind this one that touches the path leaves a mark in `was/` */
  async #readAll(
    paths: readonly string[],
    leavesMark: (path: string) => boolean,
  ): Promise<(string | null)[]> {
    if (this.#revision === null) return paths.map(() => null);
    const texts: (string | null)[] = [];
    for (let i = 0; i < paths.length; i += FILES)
      texts.push(...(await this.#values(paths.slice(i, i + FILES), leavesMark)));
    return texts;
  }

  async #values(paths: readonly string[], leavesMark: (path: string) => boolean): Promise<(string | null)[]> {
    const { head, values } = await this.#reader.get(paths.map(fileKey));
    if ((await this.#confirm(head)).seq === this.#seq) return [...values];
    const textOf = async (path: string, i: number) => {
      const touch = leavesMark(path)
        ? await this.#markOf(path, head)
        : ((await this.#touched(head)).get(path) ?? null);
      if (touch === null) return values[i] ?? null;
      return touch.isAdded ? null : this.#former(path, touch);
    };
    return Promise.all(paths.map(textOf));
  }

  async #former(path: string, { seq }: Touch): Promise<string | null> {
    const { values } = await this.#reader.get([formerFolder(path) + formerName(seq)]);
    return values[0] ?? null;
  }

  /** Makes sure that the revision is one of the store. */
  async #confirm(head: StampedHead | null): Promise<StampedHead> {
    if (head && (head.revision === this.#revision || this.#isConfirmed)) return head;
    if (head && head.seq > this.#seq) {
      const key = revisionKey(this.#seq);
      const [text = null] = (await this.#reader.get([key])).values;
      if (text !== null && parseRecord(key, text).revision === this.#revision) {
        this.#isConfirmed = true;
        return head;
      }
    }
    throw wentBack(this.#revision ?? '');
  }

  /** What the first revision behind this one did to a path, by its mark in `was/`; null if it is as it was. */
  async #markOf(path: string, head: StampedHead | null): Promise<Touch | null> {
    const folder = formerFolder(path);
    const span = { folder, from: formerName(this.#seq + 1), to: `@${NO_NUMBER}`, limit: 1 };
    const found = (await this.#reader.range(span)).map(([key]) => key);
    for (const key of (await this.#reader.partsOf(head))?.keys() ?? [])
      if (key.startsWith(folder)) found.push(key);
    const names = found.map((key) => key.slice(folder.length)).filter((name) => name >= span.from);
    const [name] = names.sort();
    return name === undefined ? null : { seq: Number(name.slice(1, 13)), isAdded: name.endsWith(ADDED) };
  }

  /** What revisions behind this one did, up to `head` at least. */
  async #touched(head: StampedHead | null): Promise<ReadonlyMap<string, Touch>> {
    const to = head?.seq ?? 0;
    if (this.#upTo >= to) return this.#touches;
    let seq = this.#upTo;
    for await (const record of this.#reader.records(this.#upTo + 1, to)) {
      seq += 1;
      for (const path of record.added) this.#touch(path, { seq, isAdded: true });
      for (const path of [...record.changed, ...record.removed]) this.#touch(path, { seq, isAdded: false });
    }
    this.#upTo = Math.max(this.#upTo, seq);
    return this.#touches;
  }

  #touch(path: string, touch: Touch): void {
    const known = this.#touches.get(path);
    if (!known || known.seq > touch.seq) this.#touches.set(path, touch);
  }

  async list(folder: string, prefix = ''): Promise<readonly Entry[] | null> {
    const entries = await this.#entries(folder, prefix);
    if (entries.length > 0) return entries;
    if (folder !== '' && (await this.kindOf(folder)) === 'file')
      throw isElse(folder, 'a file stands where a folder should');
    return null;
  }

  async kindOf(path: string): Promise<Entry['kind'] | null> {
    const cut = path.lastIndexOf('/');
    const name = path.slice(cut + 1);
    const entries = await this.#entries(path.slice(0, Math.max(cut, 0)), name);
    return entries.find((entry) => entry.name === name)?.kind ?? null;
  }

  #entries(folder: string, prefix: string): Promise<readonly Entry[]> {
    if (this.#revision === null) return Promise.resolve([]);
    const place = folder === '' ? TIP : `${TIP}${folder}/`;
    const asked = `${place}\n${prefix}`;
    const known = this.#lists.get(asked);
    if (known) return known;
    const asks = (this.#asks.get(place) ?? 0) + 1;
    this.#asks.set(place, asks);
    const listed =
      prefix !== '' && asks > MANY_ASKS
        ? this.#entries(folder, '').then((all) => [...beginningWith(all, prefix)])
        : this.#listed(place, prefix);
    return keep(this.#lists, asked, listed);
  }

  async #listed(place: string, prefix: string): Promise<readonly Entry[]> {
    const { names, head, parts } = await this.#reader.names(place, prefix, this.#seq);
    const isNewest = (await this.#confirm(head)).seq === this.#seq;
    let found = names;
    if (!isNewest || parts.size > 0) {
      const keys = new Map([...parts].map(([key, value]) => [key, value !== null]));
      if (!isNewest)
        for (const [path, { isAdded }] of await this.#touched(head)) keys.set(fileKey(path), !isAdded);
      const overlay = new Overlay(keys);
      const below = async (folder: string): Promise<string[]> =>
        overlay.names(folder, '', await this.#reader.plainNames(folder), below);
      found = await overlay.names(place, prefix, names, below);
    }
    const entries = found.map((name): Entry => {
      const isFolder = name.endsWith('/');
      return { name: isFolder ? name.slice(0, -1) : name, kind: isFolder ? 'folder' : 'file' };
    });
    return entries.sort(byName);
  }

  /** The paths of all files, folder by folder, each in the order of its names. */
  async *paths(folder = ''): AsyncGenerator<string> {
    const entries = (await this.list(folder)) ?? [];
    // Git's order of paths: a folder counts as if its name ended with a slash.
    const sorted = entries.map(({ name, kind }) => (kind === 'folder' ? `${name}/` : name)).sort();
    for (const name of sorted) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (name.endsWith('/')) yield* this.paths(path.slice(0, -1));
      else yield path;
    }
  }
}

/** Keeps an answer that is on its way. One that fails is asked for again. */
function keep<T>(answers: Map<string, Promise<T>>, key: string, answer: Promise<T>): Promise<T> {
  answers.set(key, answer);
  answer.catch(() => {
    if (answers.get(key) === answer) answers.delete(key);
  });
  return answer;
}
