import type { Actor } from '../../model/operation/operation.js';
import type { Check } from '../../model/value/check.js';
import type { DamagedFile } from '../local/damaged-files.js';
import type { Backend } from './backend.js';
import type { Clock, Host, Wait, Waits } from './host.js';
import type { FileSystem, HttpClient } from './means.js';
import type { OpenProposals } from './proposals.js';
import type { Review } from './review.js';
import type { Head } from './state-store.js';

/** Where kgit keeps data of this machine only, and which damaged files it found there. */
export interface LocalFolder {
  readonly path: string;
  readonly damaged: readonly DamagedFile[];
}

/** The arguments with which a driver opens a store. */
export interface DriverContext {
  /** Where the store is, as the user named it; undefined if the user named nothing. */
  readonly place: string | undefined;
  /** Name of the store, for servers that hold several; the place may name another one. */
  readonly store: string;
  /** File or folder of the store, for drivers that need no server; undefined if the user named none. */
  readonly path: string | undefined;
  /** Values of the driver's options, by their names in its block of settings. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The current folder, against which relative paths are resolved. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly host: Host;
  /** Makes the place, below the user's state folder, for what this machine alone keeps about a store. */
  readonly localFolder: (target: string) => Promise<LocalFolder>;
  /** How long one exchange with a server may take, in ms. */
  readonly timeout: number;
  /** Whether the caller reads the history; false if the head is enough. */
  readonly history: boolean;
  /** Whether a store on a server may hold nothing yet, because the caller writes the first revision. */
  readonly mayBeEmpty?: boolean | undefined;
  /** Whether contacting a server is forbidden. */
  readonly isOffline?: boolean | undefined;
  /** Tells the user something that is no failure. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Is notified of waits. */
  readonly waits?: Waits | undefined;
  /** In place of Node's own; only drivers that name them in their documentation use them. */
  readonly fs?: FileSystem | undefined;
  readonly http?: HttpClient | undefined;
}

/** The user's identity in the configuration of the driver's own tools. */
export interface Identity {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** The command line of an editor. */
  readonly editor?: string | undefined;
}

export interface BackupRequest {
  /** Absolute path of the file to write. */
  readonly file: string;
  readonly author: Actor;
  /** ms since the epoch */
  readonly now: number;
  readonly timeoutMs: number;
  /** Receives the progress. */
  readonly wait: Wait;
}

export interface RestoreIntoRequest extends Pick<BackupRequest, 'timeoutMs' | 'wait'> {
  /** Absolute path of a file that a backup of such a store wrote. */
  readonly file: string;
}

/** What a backup holds. */
export interface BackedUp {
  readonly revision: string;
  /** How many operations of the outbox. */
  readonly operations: number;
  readonly locks: number;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** A check of `kgit doctor`, or several that belong together. */
export interface StoreCheck {
  /** Names the finding if the check itself fails. */
  readonly name: string;
  /** Returns nothing if there is nothing to check. */
  readonly look: () => Promise<readonly Check[]>;
}

/** When a store is checked. */
export interface Inspection {
  readonly head: Head;
  /** How long one exchange with a server may take, in ms. */
  readonly timeout: number;
  readonly clock: Clock;
}

/** The checks that a driver adds to those of every store. They change nothing. */
export interface StoreChecks {
  /** Checks of the driver's own files on this machine. */
  readonly files: readonly StoreCheck[];
  /** Checks of what follows the store here, and of its server. */
  readonly store: readonly StoreCheck[];
}

/** An open store, and what the driver knows about it. */
export interface OpenedStore {
  readonly store: Backend;
  /** The folder or URL that was opened, without secrets. */
  readonly path: string;
  /** What users call its line of revisions: the branch of a git repository. */
  readonly name: string;
  /** Path and name, for messages: `/srv/state (branch main)`. */
  readonly where: string;
  readonly identity: Identity;
  readonly localFolder: LocalFolder;
  /** Null if the driver cannot compare whole histories. */
  readonly review: Review | null;
  /** Absent if the driver has no proposals. */
  readonly proposals?: OpenProposals;
  /**
   * Writes one file with the history, the locks and the outbox. It appears whole or not at all, and replaces one that is
   * there. Undefined if the driver makes no backups. Throws NotFoundError for an empty store, EnvironmentError.
   */
  readonly backup?: ((request: BackupRequest) => Promise<BackedUp>) | undefined;
  /**
   * Restores a backup into this store, which is empty. The whole file is checked before anything is written. Undefined if
   * the driver restores a backup elsewhere (`DriverAbilities.restore`), or not at all. Throws InvalidStateError,
   * ConflictError, RefusedError, RemoteError, EnvironmentError.
   */
  readonly restore?: ((request: RestoreIntoRequest) => Promise<BackedUp>) | undefined;
  /** Undefined if the driver adds no checks. */
  readonly checks?: ((inspection: Inspection) => Promise<StoreChecks>) | undefined;
}

/** Opens stores of one kind. Throws NoRepositoryError, RemoteError, EnvironmentError. */
export type Driver = (context: DriverContext) => Promise<OpenedStore>;
