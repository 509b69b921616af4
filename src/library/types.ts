/** The types of the library's arguments and results. */
import type { KgitError } from '../errors.js';
import type { Change, KgitEvent } from '../model/event/event.js';
import type { EventFilter } from '../model/event/event-filter.js';
import type { Value } from '../model/value/value.js';
import type { FileSystem, HttpClient } from '../store/port/means.js';

export interface StoreOptions {
  /** The folder that relative paths start from; the current one if left out. */
  readonly cwd?: string;
  /** Variables such as KGIT_DEPLOYMENT, KGIT_TOKEN and HOME; the process's own if left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** A file with a `state_management` block, as --config names one. */
  readonly config?: string;
  /** The deployment of get, set and unset that name none. */
  readonly deployment?: string;
  /** The k0rdent management cluster of cluster names that do not name one. */
  readonly management?: string;
  /** The author of commits and the user of events. */
  readonly user?: string;
  /** How long a call may take to reach the remote, in ms. */
  readonly timeout?: number;
  /** The id of the run that writes belong to. */
  readonly runId?: string;
  /** The driver, such as 'git-embedded'; that of the settings if left out. */
  readonly backend?: string;
  /** With 'git-embedded', what holds the repository in place of `node:fs/promises`. The outbox stays on disk. */
  readonly fs?: FileSystem;
  /** With 'git-embedded', an HTTP client in place of Node's own, such as one for isomorphic-git. */
  readonly http?: HttpClient;
}

export interface ReadOptions {
  /**
   * Whether to fetch first: 'always' (throws if the remote does not answer) or 'never'. If left out, it fetches when
   * the last fetch is older than the setting read.maxAge, and waits 2 seconds at most.
   */
  readonly fetch?: 'always' | 'never';
}

export interface DeploymentOptions {
  /** The deployment; if left out, that of the settings, else the only one there is. */
  readonly deployment?: string;
}

export interface WriteOptions {
  /** Keep it durably on this machine, without using the network; `sync` publishes it. */
  readonly queue?: boolean;
  /** Fail if it cannot be published now; the default where CI is set. */
  readonly requirePublish?: boolean;
  /** Work out what would be written, and write nothing. */
  readonly dryRun?: boolean;
  /** Allow a deployment that the repository does not know yet. */
  readonly create?: boolean;
  /** Write although a value looks secret, for this reason, which is recorded. */
  readonly allowSecret?: string;
  /**
   * Write only under the lease of this lock, and renew it: a lease that this store has taken (`lock`), that this
   * process runs under (`kgit lock NAME -- COMMAND`), or that the clone holds (`kgit lock NAME`). A write that cannot be
   * published now is then an error, unless it is queued.
   */
  readonly lock?: string;
}

/** How to end somebody else's lease. */
export interface BreakOptions {
  /** Why it is ended; others can read it. */
  readonly reason?: string;
  /** Throw RefusedError instead of ending a lease whose event the branch does not accept. */
  readonly requirePublish?: boolean;
}

export interface LocksOptions {
  /** Whether to ask the remote: 'always' (throws if it does not answer), 'never', or, if left out, as long as it answers. */
  readonly fetch?: 'always' | 'never';
  /** Called if the remote did not answer, so that the locks are those last seen here. */
  readonly onStale?: (why: KgitError) => void;
  /** Called for each ref that should hold a lock and does not, with what is wrong; the list leaves it out. */
  readonly onBroken?: (ref: string, problem: string) => void;
}

export interface LockOptions extends Pick<BreakOptions, 'requirePublish'> {
  /** How long the lease lasts without a renewal, in ms: 1 s to 24 h; 5 minutes if left out. */
  readonly ttl?: number;
  /** How long to wait for a lock that somebody holds, in ms; 0 if left out. */
  readonly wait?: number;
  /** What the lock is taken for; others can read it. */
  readonly reason?: string;
  /** Called once if the lock is held and has to be waited for. */
  readonly onWait?: (held: HeldLock) => void;
}

/** A lock that somebody holds. */
export interface HeldLock {
  readonly name: string;
  /** The fencing token. */
  readonly token: number;
  readonly holder: string;
  readonly host: string;
  readonly runId: string | null;
  readonly reason: string | null;
  readonly acquiredAt: Date;
  readonly expiresAt: Date;
  /** When others may take it over if it is not renewed: after it has expired and was seen unchanged for its time to live. */
  readonly freeAt: Date;
  /** Whether this clone holds it. */
  readonly isOurs: boolean;
}

export interface ChangeOptions extends WriteOptions, DeploymentOptions {
  /** Write only if these paths have these values. */
  readonly if?: Readonly<Record<string, Value>>;
  /** Write only if these paths do not exist. */
  readonly ifAbsent?: readonly string[];
  /** Write only if the deployment's state has not changed since this revision. */
  readonly ifRevision?: string;
  /** The action of the event that records it; state_changed if left out. */
  readonly action?: string;
  /** The event's message. */
  readonly message?: string;
  /** The event's reason. */
  readonly reason?: string;
}

/** An event to record, with any of the fields of an event. If left out, kgit fills in id, timestamp, user and host. */
export type NewEvent = Partial<KgitEvent> & {
  /** `deployment/<id>` or `cluster/[[<management>/]<namespace>/]<name>`. */
  readonly subject: string;
  readonly action: string;
  /** `set` and `unset` alone record changes. */
  readonly changes?: never;
};

/** An event as it is stored, with its subject. */
export type RecordedEvent = KgitEvent & { readonly subject: string };

export interface LogOptions extends ReadOptions, Partial<Omit<EventFilter, 'since' | 'until'>> {
  /** Only events of this subject; if left out, those of all, in the order in which they were published. */
  readonly subject?: string;
  /** Inclusive. */
  readonly since?: Date;
  /** Exclusive. */
  readonly until?: Date;
}

/** The outcome of a write. */
export interface WriteResult {
  /** The id of the operation. */
  readonly operation: string;
  /** The revision that holds it; null until it is published. */
  readonly revision: string | null;
  readonly delivery: 'published' | 'queued' | 'proposed' | 'unchanged' | 'dry-run';
  /** How many attempts it took to publish it. */
  readonly attempts: number;
  /** Messages for people, such as why it was queued. */
  readonly notes: readonly string[];
}

export interface PushedEvent extends WriteResult {
  readonly id: string;
  readonly subject: string;
  readonly action: string;
  readonly timestamp: string;
  /** Path of its file in the repository. */
  readonly path: string;
  /** Whether it was recorded before, with the same content. */
  readonly isRepeat: boolean;
}

export interface PushedEvents extends WriteResult {
  /** How many are new. */
  readonly accepted: number;
  /** How many were recorded before, with the same content. */
  readonly duplicates: number;
  /** The ids of all events, in their order. */
  readonly ids: readonly string[];
}

export interface ChangedState extends WriteResult {
  readonly subject: string;
  readonly changed: readonly Change[];
}

/** The state of the repository, as reads see it. */
export interface StoreHead {
  /** Null if nothing was published yet. */
  readonly revision: string | null;
  /** When it was last fetched; null if there is no remote, or it was never fetched. */
  readonly fetchedAt: Date | null;
  /** How many operations wait in the outbox. */
  readonly pending: number;
}

export interface ListedSubject {
  readonly subject: string;
  /** How many events are recorded. */
  readonly events: number;
  readonly lastEvent: RecordedEvent | null;
}
