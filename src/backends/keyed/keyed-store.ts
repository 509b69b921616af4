import { randomBytes } from 'node:crypto';
import { InvalidStateError, RefusedError, RemoteError } from '../../errors.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { makeUlid, randomBits } from '../../model/value/ulid.js';
import type { Backend } from '../../store/port/backend.js';
import type { Clock } from '../../store/port/host.js';
import type { LockMove, LockOutcome, LockTip } from '../../store/port/lease-store.js';
import { type SharedHistory, WENT_BACK } from '../../store/port/shared-history.js';
import type {
  Commit,
  Head,
  Revision,
  RevisionChange,
  StateView,
  SwapOutcome,
} from '../../store/port/state-store.js';
import { Appends } from './append/appends.js';
import { Draft, type DraftedCommit } from './draft.js';
import { KeyReader, type StampedHead } from './key-reader.js';
import type { KeySpace, Put, Write, WriteFailure } from './key-space.js';
import { keyedChanges } from './keyed-changes.js';
import { KeyedHistory } from './keyed-history.js';
import { KeyedLeases, lockExpected, lockPut } from './keyed-leases.js';
import { KeyedReview } from './keyed-review.js';
import { KeyedView } from './keyed-view.js';
import { KnownLine } from './known-line.js';
import { budgetOf, type Failed, isWithin, LargeWrites, listBytes, putsOf, ROOM, sum } from './large-write.js';
import { FORMAT, HEAD, lockKey, revisionKey } from './layout.js';
import { formatHead, formatText, type HeadRecord } from './records.js';

export interface KeyedStoreOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** How long a call may take for which no other limit is given, in ms. */
  readonly timeoutMs: number;
  /** Whether the keys are on a server. */
  readonly isRemote: boolean;
  /** Whether asking the server is forbidden. */
  readonly isOffline?: boolean | undefined;
  /** File that keeps the revision that was seen last; null to keep it in memory alone. */
  readonly knownFile?: string | null;
}

/** How many views are kept, so that planning and writing on one revision read its files once. */
const VIEWS = 4;

interface Transaction {
  /** Null if nothing may have been published yet; undefined if the head may be any. */
  readonly from: StampedHead | null | undefined;
  /** Null leaves the head where it is. */
  readonly to: HeadRecord | null;
  readonly puts: readonly Put[];
  readonly locks: readonly LockMove[];
}

type Transacted = { readonly kind: 'done'; readonly tips: ReadonlyMap<string, LockTip> } | Failed;

/** A store over any key space: one transaction for each operation, and a chain of records for its history. */
export class KeyedStore implements Backend {
  readonly target: string;
  readonly isRemote: boolean;
  readonly readsRemotely: boolean;
  readonly isNear: boolean;
  readonly maxFileBytes: number;
  readonly history: KeyedHistory;
  readonly review: KeyedReview;
  readonly leases: KeyedLeases;
  readonly shared: SharedHistory | undefined;
  readonly #space: KeySpace;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #timeoutMs: number;
  readonly #reader: KeyReader;
  readonly #large: LargeWrites;
  readonly #appends: Appends;
  /** Null if the keys are on this machine. */
  readonly #line: KnownLine | null;
  readonly #views = new Map<Revision, KeyedView>();
  #hasWritten = false;
  #adopted: string | null = null;

  constructor(
    space: KeySpace,
    { clock, timeoutMs, isRemote, isOffline = false, knownFile = null }: KeyedStoreOptions,
  ) {
    this.#space = space;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.target = space.target;
    this.isRemote = isRemote;
    this.readsRemotely = isRemote;
    this.isNear = isRemote && !isOffline;
    this.maxFileBytes = largestValue(space);
    this.#reader = new KeyReader(space, timeoutMs);
    this.#large = new LargeWrites(space, this.#reader);
    this.#line = isRemote ? new KnownLine(this.#reader, space.target, knownFile, () => clock.now()) : null;
    this.shared = this.#line ?? undefined;
    this.#appends = new Appends({
      space,
      reader: this.#reader,
      large: this.#large,
      moveHead: (from, to, puts, limit) => this.#transact({ from, to, puts, locks: [] }, limit),
      onMoved: (head) => this.#moved(head),
      now: () => clock.now(),
    });
    const view = (revision: Revision) => this.#viewOf(revision);
    this.history = new KeyedHistory(this.#reader, view);
    this.review = new KeyedReview(this.#reader, view);
    this.leases = new KeyedLeases(space, timeoutMs, (move, limit) => this.#moveLock(move, limit));
  }

  /** Asks for the newest revision and the id of the store; null if it is empty, whatever was seen there before. */
  async found(
    timeoutMs: number,
  ): Promise<{ readonly id: string | null; readonly revision: Revision | null }> {
    this.#reader.store = undefined;
    const head = await this.#reader.head(timeoutMs);
    return { id: this.#reader.store ?? null, revision: head?.revision ?? null };
  }

  /**
   * Has an empty store get this id with its first revision, in place of a new one. What this machine saw of that store
   * before stays known, so that the next `refresh` reports what the restored store lacks.
   */
  adopt(id: string): void {
    this.#adopted = id;
  }

  async head(): Promise<Head> {
    if (this.#line === null)
      return { revision: (await this.#reader.head())?.revision ?? null, fetchedAt: null };
    const known = await this.#line.known();
    return { revision: known?.revision ?? null, fetchedAt: known?.at ?? null };
  }

  async refresh(timeoutMs: number): Promise<Head> {
    if (this.#line === null) return this.head();
    const head = await this.#line.refresh(timeoutMs);
    return { revision: head?.revision ?? null, fetchedAt: this.#clock.now() };
  }

  view(revision: Revision | null): StateView {
    return revision === null ? new KeyedView(this.#reader, null) : this.#viewOf(revision);
  }

  #viewOf(revision: Revision): KeyedView {
    const view = this.#views.get(revision) ?? new KeyedView(this.#reader, revision);
    this.#views.delete(revision);
    this.#views.set(revision, view);
    for (const oldest of this.#views.keys()) if (this.#views.size > VIEWS) this.#views.delete(oldest);
    return view;
  }

  async swap(
    base: Revision | null,
    commits: readonly Commit[],
    timeoutMs: number,
    locks: readonly LockMove[] = [],
  ): Promise<SwapOutcome> {
    try {
      return await this.#swap(base, commits, timeoutMs, locks);
    } catch (error) {
      if (error instanceof RemoteError && error.data['cause'] === WENT_BACK) return { kind: 'moved' };
      if (error instanceof RemoteError) return failedRead(error);
      if (error instanceof InvalidStateError) return { kind: 'refused', scope: 'local', error };
      throw error;
    }
  }

  async #swap(
    base: Revision | null,
    commits: readonly Commit[],
    timeoutMs: number,
    locks: readonly LockMove[],
  ): Promise<SwapOutcome> {
    const isAppend = commits.length > 0 && commits.every(({ append }) => append !== undefined);
    if (isAppend && base !== null && locks.length === 0) {
      const marker = await this.#viewOf(base).text(MARKER_FILE);
      const appended = await this.#appends.add(base, marker, commits, timeoutMs);
      if (appended) return appended;
    }
    // A head that was read before saves a question: the transaction compares it.
    const { last } = this.#reader;
    if (last === undefined || (last?.revision ?? null) !== base || commits.length === 0)
      await this.#reader.head(timeoutMs);
    const found = this.#reader.last ?? null;
    if ((found?.revision ?? null) !== base) {
      const names = await this.#staleLocks(locks, timeoutMs);
      return names.length > 0 ? { kind: 'fenced', names } : { kind: 'moved' };
    }
    const unfinished = await this.#large.finish(timeoutMs);
    if (unfinished) return outcomeOf(unfinished, locks);
    const head = this.#reader.last ?? null;
    if ((head?.revision ?? null) !== base) return { kind: 'moved' };
    const budget = budgetOf(this.#space);
    const view = base === null ? new KeyedView(this.#reader, null) : this.#viewOf(base);
    const draft = new Draft(view, head, this.#clock.now(), listBytes(budget));
    const drafted: DraftedCommit[] = [];
    let cost = this.#space.cost([...locks.map(lockPut), { key: HEAD, value: ROOM }]);
    for (const commit of commits) {
      const next = await draft.add(commit);
      const own = this.#space.cost(putsOf(next.puts));
      if (!isWithin(sum(cost, own), budget)) {
        if (drafted.length === 0) return this.#swapLarge(next, head, timeoutMs, locks);
        break;
      }
      cost = sum(cost, own);
      drafted.push(next);
    }
    return this.#commit(drafted, head, timeoutMs, locks);
  }

  /** Moves the head for commits that fit into one transaction, or locks alone. */
  async #commit(
    drafted: readonly DraftedCommit[],
    from: StampedHead | null,
    timeoutMs: number,
    locks: readonly LockMove[],
  ): Promise<SwapOutcome> {
    const revisions = drafted.map(({ revision }) => revision);
    const tip = drafted.at(-1);
    if (!tip && locks.length === 0) return { kind: 'swapped', revisions, notes: [] };
    const to = tip
      ? { seq: tip.seq, revision: tip.revision, time: tip.time, applied: tip.seq, parts: 0 }
      : null;
    const puts = putsOf(new Map(drafted.flatMap((each) => [...each.puts])));
    const written = await this.#transact({ from, to, puts, locks }, timeoutMs);
    if (written.kind !== 'done') return outcomeOf(written, locks);
    return { kind: 'swapped', revisions, notes: [], locks: written.tips };
  }

  /** Moves the head for one commit that does not fit into a transaction. */
  async #swapLarge(
    commit: DraftedCommit,
    from: StampedHead | null,
    timeoutMs: number,
    locks: readonly LockMove[],
  ): Promise<SwapOutcome> {
    const { limits } = this.#space;
    for (const put of putsOf(commit.puts))
      if (!isWithin(this.#space.cost([put]), limits)) return tooLarge(put.key, this.target);
    const { seq, revision, time } = commit;
    const parts = await this.#large.prepare(commit, timeoutMs);
    if (typeof parts !== 'number') return outcomeOf(parts, locks);
    const to = { seq, revision, time, applied: seq - 1, parts };
    // The record is in its place at once, so that records are without gaps.
    const key = revisionKey(seq);
    const puts = [{ key, value: commit.puts.get(key) ?? null }];
    const written = await this.#transact({ from, to, puts, locks }, timeoutMs);
    if (written.kind !== 'done') {
      if (written.kind !== 'unknown') await this.#large.drop(revision, parts, timeoutMs);
      return outcomeOf(written, locks);
    }
    // It is published: whoever writes next finishes it, if the server stops answering this process.
    await this.#large.finish(timeoutMs).catch((error: unknown) => {
      if (!(error instanceof RemoteError)) throw error;
    });
    return { kind: 'swapped', revisions: [revision], notes: [], locks: written.tips };
  }

  /** The one transaction: compares head and locks, and puts them with everything else. */
  async #transact({ from, to, puts, locks }: Transaction, timeoutMs: number): Promise<Transacted> {
    // The first transaction of all gives the store its id.
    const store = this.#reader.store === null ? this.#newStore() : null;
    const moved = locks.map(lockPut);
    const expect: Write['expect'] = new Map([
      ...(from === undefined ? [] : [[HEAD, from?.version ?? null] as const]),
      ...(store === null ? [] : [[FORMAT, null] as const]),
      ...locks.map(lockExpected),
    ]);
    const all = [
      ...puts,
      ...moved,
      ...(to === null ? [] : [{ key: HEAD, value: formatHead(to) }]),
      ...(store === null ? [] : [{ key: FORMAT, value: formatText(store) }]),
    ];
    const tell = [...(to === null ? [] : [HEAD]), ...moved.map(({ key }) => key)];
    const written = await this.#space.write({ expect, puts: all, tell }, timeoutMs);
    if (written.kind !== 'done') {
      // What is there now is read again.
      this.#reader.last = undefined;
      if (written.kind !== 'stale' || written.keys.some((key) => key !== FORMAT)) return written;
      await this.#reader.head(timeoutMs);
      return this.#transact({ from, to, puts, locks }, timeoutMs);
    }
    this.#reader.store = store ?? this.#reader.store;
    const versionOf = (key: string) => written.versions.get(key) ?? '';
    if (to !== null) await this.#moved({ ...to, version: versionOf(HEAD) });
    const tips = moved.map(({ key, record }) => [record.name, { version: versionOf(key), record }] as const);
    return { kind: 'done', tips: new Map(tips) };
  }

  /** Notes a head that this client moved. */
  async #moved(head: StampedHead): Promise<void> {
    this.#hasWritten = true;
    this.#reader.last = head;
    const isRestored = this.#adopted !== null && (await this.#line?.known())?.store === this.#adopted;
    if (!isRestored) await this.#line?.note(head);
  }

  /** Id for a store that has none yet. */
  #newStore(): string {
    return this.#adopted ?? makeUlid(this.#clock.now(), randomBits(randomBytes(10)));
  }

  async #moveLock(move: LockMove, timeoutMs: number): Promise<LockOutcome> {
    try {
      if (typeof this.#reader.store !== 'string') await this.#reader.head(timeoutMs);
      const written = await this.#transact({ from: undefined, to: null, puts: [], locks: [move] }, timeoutMs);
      if (written.kind === 'stale') return { kind: 'moved' };
      const tip = written.kind === 'done' ? written.tips.get(move.name) : undefined;
      if (tip) return { kind: 'swapped', tip };
      return written.kind === 'done' ? { kind: 'moved' } : written;
    } catch (error) {
      if (error instanceof RemoteError) return failedRead(error);
      throw error;
    }
  }

  /** The locks that are not where their moves begin. */
  async #staleLocks(locks: readonly LockMove[], timeoutMs: number): Promise<string[]> {
    if (locks.length === 0) return [];
    const expected = locks.map(lockExpected);
    const found = await this.#space.get(
      expected.map(([key]) => key),
      timeoutMs,
    );
    return locks.filter((_, i) => (found[i]?.version ?? null) !== expected[i]?.[1]).map(({ name }) => name);
  }

  changes(after: Revision | null, signal: AbortSignal): AsyncGenerator<RevisionChange> {
    const viewOf = (revision: Revision) => this.#viewOf(revision);
    return keyedChanges(this.#space, this.#reader, viewOf, after, signal);
  }

  /** How many parts of writes that nobody finished are left. @param now ms since the epoch */
  async leftParts(now: number, timeoutMs: number): Promise<number> {
    return (await this.#large.left(now, timeoutMs)).length;
  }

  async close(): Promise<void> {
    try {
      if (this.#hasWritten) await this.#large.sweep(this.#clock.now(), this.#timeoutMs);
    } catch (error) {
      // A server that went away after the write is swept by the next writer.
      if (!(error instanceof RemoteError)) throw error;
    } finally {
      await this.#space.close();
    }
  }
}

/** Size of the largest value that surely fits into one write, in bytes. */
function largestValue(space: KeySpace): number {
  const size = 3_000;
  const { bytes } = space.cost([{ key: 'x'.repeat(500), value: 'x'.repeat(size) }]);
  return Math.floor((space.limits.bytes / bytes) * size) - 1_000;
}

function failedRead(error: RemoteError): WriteFailure {
  return { kind: error.isDenied ? 'denied' : 'unreachable', error };
}

function outcomeOf(written: Failed, locks: readonly LockMove[]): SwapOutcome {
  if (written.kind !== 'stale') return written;
  const names = locks.map(({ name }) => name).filter((name) => written.keys.includes(lockKey(name)));
  return names.length > 0 ? { kind: 'fenced', names } : { kind: 'moved' };
}

function tooLarge(key: string, target: string): SwapOutcome {
  const error = new RefusedError(`${target}: ${key} is larger than one value may be there`, {
    suggestions: ['Make it smaller, or use a store with a higher limit'],
    data: { key },
  });
  return { kind: 'refused', error, scope: 'commits' };
}
