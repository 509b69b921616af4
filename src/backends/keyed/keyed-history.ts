import { namesOrigin } from '../../model/operation/origin-trailer.js';
import { type History, notOnLine, type TimelineEntry, type WholeRevision } from '../../store/port/history.js';
import type { Revision } from '../../store/port/state-store.js';
import type { KeyReader } from './key-reader.js';
import type { KeyedView } from './keyed-view.js';
import { fileKey, revisionKey } from './layout.js';
import { damaged, type RevisionRecord, seqOf } from './records.js';

/** How many files are searched at a time. */
const FILES = 200;

/** The records of the revisions. */
export class KeyedHistory implements History {
  readonly cutOff = null;
  readonly naming = [
    "See 'kgit log --json' for revisions",
    'A revision is a number and a checksum, 42-0123456789abcdef; the number alone names it, too',
  ] as const;
  readonly #reader: KeyReader;
  readonly #view: (revision: Revision) => KeyedView;

  constructor(reader: KeyReader, view: (revision: Revision) => KeyedView) {
    this.#reader = reader;
    this.#view = view;
  }

  async resolve(name: string): Promise<Revision | null> {
    const [, digits = '', hash = ''] = /^([1-9]\d{0,11})(?:-([0-9a-f]{0,16}))?$/.exec(name) ?? [];
    if (digits === '') return null;
    const record = await this.#reader.record(Number(digits));
    return record?.revision.startsWith(`${digits}-${hash}`) ? record.revision : null;
  }

  async copyOf(origin: string, revision: Revision): Promise<Revision | null> {
    for await (const record of this.#reader.recordsBack(seqOf(revision) ?? 0))
      if (namesOrigin(record.message, origin)) return record.revision;
    return null;
  }

  async revisionAt(revision: Revision, time: number): Promise<Revision | null> {
    let found: Revision | null = null;
    // Times never fall along the records.
    let [from, to] = [1, seqOf(revision) ?? 0];
    while (from <= to) {
      const middle = Math.floor((from + to) / 2);
      const record = await this.#reader.record(middle);
      if (record && record.time <= time) {
        found = record.revision;
        from = middle + 1;
      } else to = middle - 1;
    }
    return found;
  }

  async parentOf(revision: Revision): Promise<Revision | null> {
    return (await this.#recordOf(revision))?.parent ?? null;
  }

  async #recordOf(revision: Revision): Promise<RevisionRecord | null> {
    const seq = seqOf(revision);
    const record = seq === null ? null : await this.#reader.record(seq);
    return record?.revision === revision ? record : null;
  }

  async *whole(after: Revision | null, to: Revision): AsyncGenerator<WholeRevision> {
    const last = seqOf(to) ?? 0;
    let parent = after;
    let seq = after === null ? 0 : (seqOf(after) ?? 0);
    for await (const record of this.#reader.records(seq + 1, last)) {
      seq += 1;
      const { revision, author, time, message } = record;
      if (record.parent !== parent && parent === after && after !== null) throw notOnLine(after, to);
      if (record.parent !== parent) throw damaged(revisionKey(seq));
      if (seq === last && revision !== to) throw notOnLine(revision, to);
      const written = [...record.added, ...record.changed];
      const texts = await this.#view(revision).readWritten(written);
      const files = new Map<string, string | null>(record.removed.map((path) => [path, null]));
      for (const [i, path] of written.entries()) {
        const text = texts[i] ?? null;
        if (text === null) throw damaged(fileKey(path));
        files.set(path, text);
      }
      const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
      yield { revision, parent, message, author, time, published: time, files: sorted, odd: [] };
      parent = revision;
    }
  }

  async *timeline(revision: Revision): AsyncGenerator<TimelineEntry> {
    for await (const { revision: at, added } of this.#reader.recordsBack(seqOf(revision) ?? 0))
      yield { revision: at, added };
  }

  async placesOf(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(paths);
    const places = new Map<string, number>();
    let place = 0;
    if (wanted.size === 0) return places;
    for await (const { added } of this.#reader.recordsBack(seqOf(revision) ?? 0)) {
      for (const path of added) if (wanted.delete(path)) places.set(path, place);
      if (wanted.size === 0) break;
      place += 1;
    }
    return places;
  }

  async filesWith(revision: Revision, texts: readonly string[]): Promise<readonly string[]> {
    const low = texts.map((text) => text.toLowerCase());
    const view = this.#view(revision);
    const found: string[] = [];
    const search = async (paths: readonly string[]) => {
      for (const [i, text] of (await view.readMany(paths)).entries()) {
        const inside = text?.toLowerCase() ?? '';
        if (low.some((part) => inside.includes(part))) found.push(paths[i] as string);
      }
    };
    let some: string[] = [];
    for await (const path of view.paths()) {
      some.push(path);
      if (some.length < FILES) continue;
      await search(some);
      some = [];
    }
    await search(some);
    return found;
  }
}
