import { InvalidStateError } from '../../errors.js';
import type { Revision } from '../../store/port/state-store.js';
import type { KeySpace, Span, Stamped } from './key-space.js';
import { FORMAT, HEAD, NO_NUMBER, numbered, partKey, pathsKey, REVISIONS, revisionKey } from './layout.js';
import {
  damaged,
  type HeadRecord,
  type Paths,
  parseFormat,
  parseHead,
  parsePaths,
  parseRecord,
  type RevisionRecord,
} from './records.js';
import { parsePuts } from './stored-puts.js';

/** The head, and the version by which writes compare it. */
export interface StampedHead extends HeadRecord {
  readonly version: string;
}

/** Values of one moment. */
export interface Values {
  /** Null if nothing was ever published. */
  readonly head: StampedHead | null;
  readonly values: readonly (string | null)[];
}

/** Names below a folder, and what to lay over them. */
export interface Names {
  readonly names: readonly string[];
  /** The head after the names were listed. */
  readonly head: StampedHead | null;
  /** Puts of a large write that were not all in place when they were listed. */
  readonly parts: ReadonlyMap<string, string | null>;
}

const NOTHING: ReadonlyMap<string, string | null> = new Map();
/** How often a large write may be finished by others while it is read. */
const MAX_TRIES = 20;
/** How many records are read at a time. */
const PAGE = 500;

/** Whether every key of the head's revision is in its place. */
export const isApplied = (head: HeadRecord | null): boolean => head === null || head.applied === head.seq;

/** Reads the keys of a store as they are once the large write in progress, if there is one, is finished. */
export class KeyReader {
  readonly #space: KeySpace;
  readonly #timeoutMs: number;
  #parts: { readonly revision: Revision; readonly puts: ReadonlyMap<string, string | null> } | null = null;
  /** The head as last read or written; undefined before. */
  last: StampedHead | null | undefined;
  /** Id of the store; null if it has none yet, undefined if that was not read yet. */
  store: string | null | undefined;

  /** @param timeoutMs of each call for which no other is given */
  constructor(space: KeySpace, timeoutMs: number) {
    this.#space = space;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks for the head. Throws RemoteError, InvalidStateError for a store of a newer kgit. */
  async head(timeoutMs = this.#timeoutMs): Promise<StampedHead | null> {
    return (await this.#fetch([], timeoutMs)).head;
  }

  /** Values as the server has them, of one moment. */
  async #fetch(keys: readonly string[], timeoutMs: number) {
    const isKnown = typeof this.store === 'string';
    const [format, ...found] = isKnown
      ? [undefined, ...(await this.#space.get([HEAD, ...keys], timeoutMs))]
      : await this.#space.get([FORMAT, HEAD, ...keys], timeoutMs);
    if (format !== undefined) this.store = format && parseFormat(format.value, this.#space.target);
    const [head = null, ...values] = found;
    if (head && this.store === null) throw damaged(FORMAT);
    this.last = head && { ...parseHead(head.value), version: head.version };
    return { head: this.last, values };
  }

  /** Values of one moment, of as many keys as one call takes. */
  async get(keys: readonly string[], timeoutMs = this.#timeoutMs): Promise<Values> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { head, values } = await this.#fetch(keys, timeoutMs);
      const parts = await this.partsOf(head);
      if (parts === null) continue;
      const over = (found: Stamped | null, key: string) => {
        const put = parts.get(key);
        return put === undefined ? (found?.value ?? null) : put;
      };
      return { head, values: keys.map((key, i) => over(values[i] ?? null, key)) };
    }
    throw damaged(HEAD);
  }

  /**
   * Lists a folder. Each change since the revision `seq` is either in the names, or in the records up to the head that
   * comes with them, or both.
   */
  async names(folder: string, prefix: string, seq: number): Promise<Names> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      // A head from before the names are listed: its parts may be half in place among them.
      const before = this.last && this.last.seq >= seq ? this.last : await this.head();
      const parts = await this.partsOf(before);
      if (parts === null) {
        this.last = undefined;
        continue;
      }
      const names = await this.#space.names(folder, prefix, this.#timeoutMs);
      return { names, head: await this.head(), parts };
    }
    throw damaged(HEAD);
  }

  /** Lists a folder as the server has it. */
  plainNames(folder: string): Promise<readonly string[]> {
    return this.#space.names(folder, '', this.#timeoutMs);
  }

  range(span: Span): Promise<[key: string, value: string][]> {
    return this.#space.range(span, this.#timeoutMs);
  }

  /** The puts of the large write that the head began; empty if it is finished, null if others finished it meanwhile. */
  async partsOf(head: HeadRecord | null): Promise<ReadonlyMap<string, string | null> | null> {
    if (head === null || isApplied(head)) return NOTHING;
    if (this.#parts?.revision === head.revision) return this.#parts.puts;
    let text = '';
    for (let n = 0; n < head.parts; n++) {
      const [part = null] = await this.#space.get([partKey(head.revision, n)], this.#timeoutMs);
      if (part === null) return null;
      text += part.value;
    }
    const puts = parseParts(text, head.revision);
    this.#parts = { revision: head.revision, puts };
    return puts;
  }

  /** The record of a revision, with its lists of paths; null if there is none. */
  async record(seq: number): Promise<RevisionRecord | null> {
    const key = revisionKey(seq);
    const [text = null] = (await this.get([key])).values;
    return text === null ? null : this.#withPaths(seq, parseRecord(key, text));
  }

  /** Records from the number `from` up to `to`, both included. */
  async *records(from: number, to: number): AsyncGenerator<RevisionRecord> {
    for (let at = from; at <= to; ) {
      // Some key spaces list all names between the bounds.
      const page = await this.#page(at, Math.min(to, at + PAGE - 1), false);
      yield* page;
      at += page.length;
    }
  }

  /** Records from the number `from` down to `to`, both included. */
  async *recordsBack(from: number, to = 1): AsyncGenerator<RevisionRecord> {
    for (let at = from; at >= to; ) {
      const page = await this.#page(to, at, true);
      yield* page;
      at -= page.length;
    }
  }

  async #page(from: number, to: number, reverse: boolean): Promise<RevisionRecord[]> {
    const span = { folder: REVISIONS, from: numbered(from), to: numbered(to) + NO_NUMBER, reverse };
    const found = await this.range({ ...span, limit: PAGE });
    const records: RevisionRecord[] = [];
    for (const [i, [key, text]] of found.entries()) {
      const seq = reverse ? to - i : from + i;
      if (key !== revisionKey(seq)) throw damaged(revisionKey(seq));
      records.push(await this.#withPaths(seq, parseRecord(key, text)));
    }
    if (records.length === 0) throw damaged(revisionKey(reverse ? to : from));
    return records;
  }

  async #withPaths(seq: number, record: RevisionRecord): Promise<RevisionRecord> {
    const lists: Paths[] = [];
    for (let n = 0; n < record.lists; n++) {
      const key = pathsKey(seq, n);
      const [text = null] = (await this.get([key])).values;
      if (text === null) throw damaged(key);
      lists.push(parsePaths(key, text));
    }
    if (lists.length === 0) return record;
    const all = (kind: keyof Paths) => lists.flatMap((list) => list[kind]);
    return { ...record, added: all('added'), changed: all('changed'), removed: all('removed') };
  }
}

/** Text of all parts of a large write. */
export function formatParts(time: number, puts: ReadonlyMap<string, string | null>): string {
  return JSON.stringify({ time, puts: [...puts] });
}

function parseParts(text: string, revision: Revision): ReadonlyMap<string, string | null> {
  const puts = parsePuts(text);
  if (puts === null) throw brokenParts(revision);
  return puts;
}

function brokenParts(revision: Revision): InvalidStateError {
  return new InvalidStateError(`the parts of revision ${revision} are damaged`, {
    suggestions: ['Restore the store from a backup'],
    data: { revision },
  });
}
