import type { DraftedCommit } from './draft.js';
import { formatParts, isApplied, type KeyReader, type StampedHead } from './key-reader.js';
import type { Cost, KeySpace, Put, Written } from './key-space.js';
import { HEAD, PARTS, partKey } from './layout.js';
import { formatHead } from './records.js';

/** A write that did not happen. */
export type Failed = Exclude<Written, { kind: 'done' }>;

/** Which part of the limits of a key space one write uses. */
const SHARE = 0.8;
/** Parts of a write that nobody finished are removed after this time, in ms. */
const LEFT_AFTER_MS = 60 * 60 * 1000;

/** As many bytes as a head takes at most, or the number, the revisions and the time of a record. */
export const ROOM = 'x'.repeat(200);

/** What one write may cost. */
export const budgetOf = ({ limits }: KeySpace): Cost => ({
  ops: Math.max(Math.floor(limits.ops * SHARE), 1),
  bytes: Math.floor(limits.bytes * SHARE),
});

/** How many bytes a list of paths in a record may have. */
export const listBytes = ({ bytes }: Cost): number => Math.floor(bytes / 4);

export const isWithin = (cost: Cost, budget: Cost): boolean =>
  cost.ops <= budget.ops && cost.bytes <= budget.bytes;

export const sum = (one: Cost, other: Cost): Cost => ({
  ops: one.ops + other.ops,
  bytes: one.bytes + other.bytes,
});

export const putsOf = (values: ReadonlyMap<string, string | null>): Put[] =>
  [...values].map(([key, value]) => ({ key, value }));

/** Writes that are too large for one transaction: in parts that nobody sees, of which the move of the head makes a whole. */
export class LargeWrites {
  readonly #space: KeySpace;
  readonly #reader: KeyReader;

  constructor(space: KeySpace, reader: KeyReader) {
    this.#space = space;
    this.#reader = reader;
  }

  /**
   * Puts the parts of a commit, which nobody sees before the head has moved.
   * @returns how many there are, or how it failed
   */
  async prepare({ revision, time, puts }: DraftedCommit, timeoutMs: number): Promise<number | Failed> {
    const text = formatParts(time, puts);
    // A character is 3 bytes at most, or 4 in base64.
    const length = Math.max(Math.floor(budgetOf(this.#space).bytes / 4) - 1_000, 1_000);
    const pieces: string[] = [];
    for (let from = 0; from < text.length; ) {
      let to = Math.min(from + length, text.length);
      if (to < text.length && /[\ud800-\udbff]/.test(text[to - 1] ?? '')) to -= 1;
      pieces.push(text.slice(from, to));
      from = to;
    }
    for (const [n, value] of pieces.entries()) {
      const written = await this.#space.write(
        { expect: new Map(), puts: [{ key: partKey(revision, n), value }] },
        timeoutMs,
      );
      if (written.kind !== 'done') return written;
    }
    return pieces.length;
  }

  /** Puts the keys of the head's revision in their places, if that is not done. Null once it is. */
  async finish(timeoutMs: number): Promise<Failed | null> {
    let head = this.#reader.last ?? null;
    while (head && !isApplied(head)) {
      const parts = await this.#reader.partsOf(head);
      const failed = parts && (await this.#apply(head, parts, timeoutMs));
      if (failed && failed.kind !== 'stale') return failed;
      // Others may have finished it.
      if (failed !== null || parts === null) head = await this.#reader.head(timeoutMs);
      else head = this.#reader.last ?? null;
    }
    return null;
  }

  async #apply(
    head: StampedHead,
    parts: ReadonlyMap<string, string | null>,
    timeoutMs: number,
  ): Promise<Failed | null> {
    const expect = new Map([[HEAD, head.version]]);
    for (const puts of inChunks(this.#space, putsOf(parts))) {
      const written = await this.#space.write({ expect, puts }, timeoutMs);
      if (written.kind !== 'done') return written;
    }
    const done = { ...head, applied: head.seq, parts: 0 };
    const puts = [{ key: HEAD, value: formatHead(done) }];
    const written = await this.#space.write({ expect, puts, tell: [HEAD] }, timeoutMs);
    if (written.kind !== 'done') return written;
    this.#reader.last = { ...done, version: written.versions.get(HEAD) ?? '' };
    const { revision } = head;
    await this.#remove(
      Array.from({ length: head.parts }, (_, n) => partKey(revision, n)),
      timeoutMs,
    );
    return null;
  }

  /** Removes the parts of a commit that lost its race. */
  async drop(revision: string, count: number, timeoutMs: number): Promise<void> {
    await this.#remove(
      Array.from({ length: count }, (_, n) => partKey(revision, n)),
      timeoutMs,
    );
  }

  /** Removes the parts of writes that were begun an hour ago and that no head names. @param now ms since the epoch */
  async sweep(now: number, timeoutMs: number): Promise<void> {
    await this.#remove(await this.left(now, timeoutMs), timeoutMs);
  }

  /** Keys of the parts that `sweep` removes. */
  async left(now: number, timeoutMs: number): Promise<string[]> {
    const left: string[] = [];
    const folders = await this.#space.names(PARTS, '', timeoutMs);
    if (folders.length === 0) return left;
    const head = await this.#reader.head(timeoutMs);
    for (const folder of folders) {
      if (head && !isApplied(head) && folder === `${head.revision}/`) continue;
      const names = await this.#space.names(PARTS + folder, '', timeoutMs);
      const keys = names.map((name) => `${PARTS}${folder}${name}`);
      const [first = null] = await this.#space.get([`${PARTS}${folder}${[...names].sort()[0]}`], timeoutMs);
      const begun = Number(/^\{"time":(\d+)/.exec(first?.value ?? '')?.[1] ?? 0);
      if (begun < now - LEFT_AFTER_MS) left.push(...keys);
    }
    return left;
  }

  /** What is not removed now is swept later. */
  async #remove(keys: readonly string[], timeoutMs: number): Promise<void> {
    const all = keys.map((key) => ({ key, value: null }));
    for (const puts of inChunks(this.#space, all))
      if ((await this.#space.write({ expect: new Map(), puts }, timeoutMs)).kind !== 'done') return;
  }
}

/** As many puts at a time as one write takes. */
function* inChunks(space: KeySpace, puts: readonly Put[]): Generator<Put[]> {
  const budget = budgetOf(space);
  let chunk: Put[] = [];
  let total: Cost = { ops: 0, bytes: 0 };
  for (const put of puts) {
    const cost = space.cost([put]);
    if (chunk.length > 0 && !isWithin(sum(total, cost), budget)) {
      yield chunk;
      chunk = [];
      total = { ops: 0, bytes: 0 };
    }
    chunk.push(put);
    total = sum(total, cost);
  }
  if (chunk.length > 0) yield chunk;
}
