import { KgitError, RemoteError } from '../../errors.js';
import type { Backend, KeptCopy } from '../../store/port/backend.js';
import type { Clock } from '../../store/port/host.js';
import type { LeaseStore, LockMove } from '../../store/port/lease-store.js';
import type { SharedHistory } from '../../store/port/shared-history.js';
import type {
  Commit,
  Head,
  Revision,
  RevisionChange,
  StateView,
  SwapOutcome,
} from '../../store/port/state-store.js';
import type { KeyedStore } from '../keyed/keyed-store.js';
import { seqOf } from '../keyed/records.js';
import { CopiedHistory, CopiedReview, CopiedView } from './copied-reads.js';
import type { Copy } from './copy.js';

export interface CopiedStoreParts {
  readonly server: KeyedStore;
  readonly copy: Copy;
  /** Reads the keys of the copy. */
  readonly local: KeyedStore;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether reading a view may contact the server: always, unless it must not be asked and a copy is here. */
  readonly readsRemotely: boolean;
  /** Tells the user something that is no failure. */
  readonly warn: (message: string) => void;
}

/** How much a command that does something else brings to the copy. */
const BYTES = 1024 * 1024;
const PULL_MS = 1_000;
/** How often a long-running command does it. */
const EVERY_MS = 5_000;

/** How far a copy is. */
export interface CopyStanding {
  /** Null if there is no copy yet. */
  readonly revision: Revision | null;
  /** How old its answers are, as a time in ms since the epoch. */
  readonly at: number;
  /** How many revisions the server had more when it was asked last. */
  readonly behind: number;
}

/**
 * A store on a server, with a copy on this machine that answers reads while the server is away. Writes and locks are the
 * server's alone: nothing that the copy says is merged or taken for a condition.
 */
export class CopiedStore implements Backend {
  readonly target: string;
  readonly isRemote = true;
  readonly readsRemotely: boolean;
  readonly isNear: boolean;
  readonly maxFileBytes: number;
  readonly history: CopiedHistory;
  readonly review: CopiedReview;
  readonly leases: LeaseStore;
  readonly shared: SharedHistory | undefined;
  readonly copy: KeptCopy;
  readonly #server: KeyedStore;
  readonly #copy: Copy;
  readonly #local: KeyedStore;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #warn: (message: string) => void;
  /** Whether the server answered last. */
  #isServed = false;
  #pulledAt: number;
  /** The newest revision that the server told; undefined if it told none. */
  #newest: Revision | null | undefined;

  constructor({ server, copy, local, clock, readsRemotely, warn }: CopiedStoreParts) {
    this.#server = server;
    this.#copy = copy;
    this.#local = local;
    this.#clock = clock;
    this.#warn = warn;
    this.#pulledAt = clock.now();
    this.target = server.target;
    this.readsRemotely = readsRemotely;
    this.isNear = server.isNear;
    this.maxFileBytes = server.maxFileBytes;
    this.leases = server.leases;
    this.shared = server.shared;
    this.history = new CopiedHistory(server.history, async () => (await this.#source()).history);
    this.review = new CopiedReview(async () => (await this.#source()).review);
    this.copy = { pull: (deadline) => this.#copy.pull({ bytes: Number.POSITIVE_INFINITY, deadline }) };
  }

  /** The store that answers whole-history questions now. */
  async #source(): Promise<KeyedStore> {
    return this.#isServed || (await this.#copy.head()) === null ? this.#server : this.#local;
  }

  async head(): Promise<Head> {
    const known = await this.#server.head();
    if (this.#isServed) return known;
    const { revision, at } = await this.standing();
    return revision === null ? known : { revision, fetchedAt: at, isKept: true };
  }

  /** How far the copy is, without asking the server. Throws InvalidStateError, EnvironmentError. */
  async standing(): Promise<CopyStanding> {
    const { revision: newest, fetchedAt } = await this.#server.head();
    const kept = await this.#copy.head();
    const behind = Math.max((seqOf(newest ?? '') ?? 0) - (kept?.seq ?? 0), 0);
    if (kept === null) return { revision: null, at: 0, behind };
    const { revision, time } = kept;
    // A copy that is behind is as old as its newest revision.
    return { revision, at: revision === newest ? (fetchedAt ?? time) : time, behind };
  }

  async refresh(timeoutMs: number): Promise<Head> {
    let head: Head;
    try {
      head = await this.#server.refresh(timeoutMs);
    } catch (error) {
      this.#isServed = false;
      throw error instanceof RemoteError && (await this.#copy.head()) === null ? withoutCopy(error) : error;
    }
    this.#isServed = true;
    await this.#moved(head.revision);
    return head;
  }

  view(revision: Revision | null): StateView {
    const server = this.#server.view(revision);
    if (revision === null) return server;
    return new CopiedView({
      server,
      copy: this.#local.view(revision),
      isKept: () => this.#copy.keeps(revision),
      isServed: () => this.#isServed,
      onAway: () => {
        this.#isServed = false;
      },
    });
  }

  async swap(
    base: Revision | null,
    commits: readonly Commit[],
    timeoutMs: number,
    locks?: readonly LockMove[],
  ): Promise<SwapOutcome> {
    const outcome = await this.#server.swap(base, commits, timeoutMs, locks);
    if (outcome.kind === 'swapped') {
      this.#isServed = true;
      this.#newest = outcome.revisions.at(-1) ?? this.#newest;
    }
    if (outcome.kind === 'unreachable' || outcome.kind === 'denied') this.#isServed = false;
    return outcome;
  }

  async *changes(after: Revision | null, signal: AbortSignal): AsyncGenerator<RevisionChange> {
    for await (const change of this.#server.changes(after, signal)) {
      this.#isServed = true;
      yield change;
      await this.#moved(change.revision);
    }
  }

  /** Notes the newest revision that the server told, and brings the copy there if that was not done for some time. */
  async #moved(newest: Revision | null): Promise<void> {
    this.#newest = newest;
    if (this.#clock.now() - this.#pulledAt > EVERY_MS) await this.#follow();
  }

  /** Brings some of what is new at the server to the copy. What fails leaves the copy as it is. */
  async #follow(): Promise<void> {
    this.#pulledAt = this.#clock.now();
    try {
      if (this.#newest === (await this.#copy.head())?.revision) return;
      await this.#copy.pull({ bytes: BYTES, deadline: this.#clock.now() + PULL_MS });
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      // Whatever needs the server reports that it went away.
      if (!(error instanceof RemoteError)) this.#warn(`the copy of the store is not kept: ${error.message}`);
    }
  }

  async close(): Promise<void> {
    if (this.#isServed) await this.#follow();
    await this.#local.close();
    await this.#server.close();
  }
}

function withoutCopy({ message, suggestions, data }: RemoteError): RemoteError {
  const advice = 'No copy is kept on this machine yet: the first command that reaches the server makes it';
  return new RemoteError(message, { suggestions: [...suggestions, advice], data });
}
