/** What the library takes and gives. */
import type { KgitError } from '../errors.js';
import type { Change, KgitEvent } from '../model/event/event.js';
import type { EventFilter } from '../model/event/event-filter.js';
import type { Value } from '../model/value/value.js';

export interface StoreOptions {
  /** What relative places are read against; the process's folder if left out. */
  readonly cwd?: string;
  /** Variables such as KGIT_DEPLOYMENT, KGIT_TOKEN and HOME; the process's own if left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** A file with a `state_management` block, as --config names one. */
  readonly config?: string;
  /** The deployment that get, set and unset are about, where they name none. */
  readonly deployment?: string;
  /** The k0rdent management cluster of cluster names that leave it out. */
  readonly management?: string;
  /** Who acts: the author of commits and the user of events. */
  readonly user?: string;
  /** How long a call may take to reach the remote, in ms. */
  readonly timeout?: number;
  /** The run that writes belong to. */
  readonly runId?: string;
}

export interface ReadOptions {
  /**
   * Whether the remote is asked first: 'always' (an error where it does not answer), 'never', or, if left out,
   * when the last fetch is older than the setting read.maxAge, for 2 seconds at most.
   */
  readonly fetch?: 'always' | 'never';
}

export interface DeploymentOptions {
  /** The deployment; the one of the settings, else the only one there is, if left out. */
  readonly deployment?: string;
}

export interface WriteOptions {
  /** Keeps it durably here and uses no network; `sync` publishes it. */
  readonly queue?: boolean;
  /** Fails where it cannot be published now; the default where CI is set. */
  readonly requirePublish?: boolean;
  /** Works out what would be written, and writes nothing. */
  readonly dryRun?: boolean;
  /** Begins a deployment that the repository does not know. */
  readonly create?: boolean;
  /** Why it is written although a value looks secret; the reason is recorded. */
  readonly allowSecret?: string;
  /**
   * Writes only under the lease of this lock, which is renewed with it: one that this store has taken (`lock`), else
   * that of `kgit lock NAME -- COMMAND` which this process runs under, or of the clone (`kgit lock NAME`). Then a write
   * that cannot be published now is an error, unless `queue`.
   */
  readonly lock?: string;
}

/** How a lease of somebody else is ended. */
export interface BreakOptions {
  /** Why it is ended, for others to see. */
  readonly reason?: string;
  /** Ends no lease where the branch does not take the event of it: a RefusedError. */
  readonly requirePublish?: boolean;
}

export interface LocksOptions {
  /** Whether the remote has to answer: 'always' (an error where it does not), 'never' (not asked), or, if left out, where it can. */
  readonly fetch?: 'always' | 'never';
  /** Told where the locks are those last seen here, for the remote did not answer. */
  readonly onStale?: (why: KgitError) => void;
  /** Told of each ref in the place of a lock that holds none, and what is wrong with it; the list goes on without it. */
  readonly onBroken?: (ref: string, problem: string) => void;
}

export interface LockOptions extends Pick<BreakOptions, 'requirePublish'> {
  /** How long the lease lasts when it is not renewed, in ms: 1 s to 24 h; 5 minutes if left out. */
  readonly ttl?: number;
  /** How long to wait for a lock that somebody has, in ms; not at all if left out. */
  readonly wait?: number;
  /** What it is taken for, for others to see. */
  readonly reason?: string;
  /** Told once that somebody has the lock and that it is waited for. */
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
  /** From when on others may take it over, if it is not renewed: once it has expired and was seen unchanged for its time to live. */
  readonly freeAt: Date;
  /** Whether this clone holds it. */
  readonly isOurs: boolean;
}

export interface ChangeOptions extends WriteOptions, DeploymentOptions {
  /** Writes only if these paths hold these values. */
  readonly if?: Readonly<Record<string, Value>>;
  /** Writes only if nothing is at these paths. */
  readonly ifAbsent?: readonly string[];
  /** Writes only if the deployment's state has not changed since this revision. */
  readonly ifRevision?: string;
  /** The action of the event that it leaves; state_changed if left out. */
  readonly action?: string;
  /** The event's message. */
  readonly message?: string;
  /** Why it is done. */
  readonly reason?: string;
}

/** An event to be recorded: any field of an event; id, timestamp, user and host are made where they are left out. */
export type NewEvent = Partial<KgitEvent> & {
  /** `deployment/<id>` or `cluster/[[<management>/]<namespace>/]<name>`. */
  readonly subject: string;
  readonly action: string;
  /** Worked out by `set` and `unset` alone. */
  readonly changes?: never;
};

/** An event as it is stored, with what it is about. */
export type RecordedEvent = KgitEvent & { readonly subject: string };

export interface LogOptions extends ReadOptions, Partial<Omit<EventFilter, 'since' | 'until'>> {
  /** Only events of this subject; of all in the order of publishing if left out. */
  readonly subject?: string;
  /** Inclusive. */
  readonly since?: Date;
  /** Exclusive. */
  readonly until?: Date;
}

/** What became of a write. */
export interface WriteResult {
  /** The id of the operation. */
  readonly operation: string;
  /** Its commit; null until it is published. */
  readonly revision: string | null;
  readonly delivery: 'published' | 'queued' | 'proposed' | 'unchanged' | 'dry-run';
  /** How many times the branch was tried to move. */
  readonly attempts: number;
  /** What people should know, such as why it was queued. */
  readonly notes: readonly string[];
}

export interface PushedEvent extends WriteResult {
  readonly id: string;
  readonly subject: string;
  readonly action: string;
  readonly timestamp: string;
  /** Of its file in the repository. */
  readonly path: string;
  /** Whether it was there already, with the same content. */
  readonly isRepeat: boolean;
}

export interface PushedEvents extends WriteResult {
  /** How many are new. */
  readonly accepted: number;
  /** How many were there already, with the same content. */
  readonly duplicates: number;
  /** Of all, in their order. */
  readonly ids: readonly string[];
}

export interface ChangedState extends WriteResult {
  readonly subject: string;
  readonly changed: readonly Change[];
}

/** The repository as reads see it. */
export interface StoreHead {
  /** Null where nothing was published yet. */
  readonly revision: string | null;
  /** When the remote was last asked; null where there is none, or never. */
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
