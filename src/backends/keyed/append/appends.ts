import type { Commit, Revision, SwapOutcome } from '../../../store/port/state-store.js';
import { isApplied, type KeyReader, type StampedHead } from '../key-reader.js';
import type { Append, KeySpace, Put } from '../key-space.js';
import type { Failed, LargeWrites } from '../large-write.js';
import { type HeadRecord, parseHead, seqOf } from '../records.js';
import { appendOf, appendTo, leavesRoom } from './append-plan.js';

/** How often commits are tried on the next head, before the caller waits a while. */
const MAX_TRIES = 50;

export interface AppendsParts {
  readonly space: KeySpace;
  readonly reader: KeyReader;
  readonly large: LargeWrites;
  /** Moves the head from one to the next, with these puts. */
  readonly moveHead: (
    from: StampedHead,
    to: HeadRecord,
    puts: readonly Put[],
    timeoutMs: number,
  ) => Promise<{ readonly kind: 'done' } | Failed>;
  /** Called with the head after the key space moved it. */
  readonly onMoved: (head: StampedHead) => Promise<void>;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Adds commits of events alone to the newest head, whichever that is: no other writer stands in their way. */
export class Appends {
  readonly #parts: AppendsParts;

  constructor(parts: AppendsParts) {
    this.#parts = parts;
  }

  /**
   * Adds commits that were planned on `base`, as many as fit into one transaction. Null if that cannot be done without
   * comparing the head with `base`. Throws as reads do.
   * @param marker text of kgit.yaml at `base`
   */
  async add(
    base: Revision,
    marker: string | null,
    commits: readonly Commit[],
    timeoutMs: number,
  ): Promise<SwapOutcome | null> {
    const { space, reader, now } = this.#parts;
    const { store } = reader;
    const append = store ? appendOf(space, { base, store, marker }, commits, now()) : null;
    if (append === null) return null;
    return space.append ? this.#there(append, timeoutMs) : this.#here(base, append, timeoutMs);
  }

  /** Has the key space put them on its head. */
  async #there(append: Append, timeoutMs: number): Promise<SwapOutcome | null> {
    const { space, reader, onMoved } = this.#parts;
    const written = await space.append?.(append, timeoutMs);
    // What is there now is read again.
    reader.last = undefined;
    if (written === undefined || written.kind === 'stale') return null;
    if (written.kind !== 'done') return written;
    const { head, revisions } = written;
    await onMoved({ ...parseHead(head.value), version: head.version });
    return { kind: 'swapped', revisions, notes: [] };
  }

  /** Puts them on the head that was read, and on the next one if that has moved. */
  async #here(base: Revision, append: Append, timeoutMs: number): Promise<SwapOutcome> {
    const { reader, large, moveHead } = this.#parts;
    let seen = base;
    let head = reader.last ?? (await reader.head(timeoutMs));
    for (let tries = 0; head !== null && tries < MAX_TRIES; tries++) {
      if (!isApplied(head)) {
        const failed = await large.finish(timeoutMs);
        if (failed) return failed.kind === 'stale' ? { kind: 'moved' } : failed;
        head = reader.last ?? null;
        continue;
      }
      if (!(await this.#hasRoom(append, seen, head))) break;
      seen = head.revision;
      const { head: to, puts, revisions } = appendTo(head, append);
      const moved = await moveHead(head, to, puts, timeoutMs);
      if (moved.kind === 'done') return { kind: 'swapped', revisions, notes: [] };
      if (moved.kind !== 'stale') return moved;
      head = await reader.head(timeoutMs);
    }
    return { kind: 'moved' };
  }

  /** Whether the revisions from `seen` up to the head lie on one line, and leave room for the commits. */
  async #hasRoom(append: Append, seen: Revision, head: StampedHead): Promise<boolean> {
    if (head.revision === seen) return true;
    const from = (seqOf(seen) ?? 0) + 1;
    let parent: Revision | null = seen;
    for await (const record of this.#parts.reader.records(from, head.seq)) {
      if (record.parent !== parent || !leavesRoom(append, record)) return false;
      parent = record.revision;
    }
    return parent === head.revision;
  }
}
