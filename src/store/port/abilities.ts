/** What some drivers can do besides opening a store. A driver offers any number of these. */
import type { Actor } from '../../model/operation/operation.js';
import type { Check } from '../../model/value/check.js';
import type { DriverContext, Identity, StoreCheck } from './driver.js';

/** The process in which a driver works while no store is open. */
export type DriverHost = Pick<DriverContext, 'cwd' | 'environment' | 'timeout' | 'waits'>;

export interface CloneRequest {
  /** The store, as the user named it. */
  readonly source: string;
  /** The line of revisions to use; the store's default if undefined. */
  readonly name: string | undefined;
  /** Absolute path of the new folder. */
  readonly folder: string;
}

export interface RestoreRequest {
  /** Absolute path of a file that a backup of this driver wrote. */
  readonly file: string;
  /** Absolute path of a new or empty folder, or of the clone to replace. */
  readonly folder: string;
  /** The new address to publish to; that of the backup if undefined. */
  readonly remote: string | undefined;
  /** Called before a working clone is moved aside; throws if the clone must stay. */
  readonly mayReplace: (folder: string) => Promise<void>;
}

/** A restored store, and where the previous content of its folder is now. */
export interface Restored {
  /** What users call its line of revisions. */
  readonly name: string;
  readonly revision: string;
  /** The address that it publishes to, without credentials; null if there is none. */
  readonly remote: string | null;
  /** How many operations wait in its outbox. */
  readonly operations: number;
  readonly locks: number;
  /** Null if nothing had to be moved aside. */
  readonly movedTo: string | null;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** A place where a store is, or can be made. */
export interface StorePlace {
  /** Whether a store can be opened there. */
  readonly isThere: boolean;
  /** Whether the user has a file of their own, published or not, at a path of the store. */
  readonly hasFile: (path: string) => Promise<boolean>;
}

/** A place that is ready for the first commit, and what was made for it. */
export interface MadePlace extends StorePlace {
  /** The folder where the store's server was created; null if it existed. */
  readonly made: string | null;
  /** The setting that makes the server keep what it acknowledges; null if none was changed. */
  readonly synced: string | null;
}

/** Makes the place for a new store. What the store begins with is committed by the caller. */
export interface StoreMaker {
  /** Looks at a place without changing anything. */
  look(folder: string, host: DriverHost): Promise<StorePlace>;
  /**
   * Makes what is missing, and leaves the rest as it is. Throws UsageError, EnvironmentError.
   * @param folder absolute path
   * @param remote the address to publish to; as it is configured there if undefined
   */
  make(folder: string, remote: string | undefined, host: DriverHost): Promise<MadePlace>;
}

/** The names that are recorded with every write. */
export interface RecordedNames {
  readonly actor: Actor;
  readonly committer: Actor;
  /** Whether a setting or the CI names the actor. */
  readonly isNamed: boolean;
}

/** Checks of `kgit doctor` that need no open store. */
export interface DriverDoctor {
  /** Checks the programs that the driver runs. If this finds a fault, no store is opened. */
  readonly programs: (host: DriverHost) => StoreCheck;
  /** Reads the user's identity where no store could be opened. */
  readonly identity: (host: DriverHost) => Promise<Identity>;
  readonly checkIdentity: (identity: Identity, names: RecordedNames) => Check;
}

/** Abilities that need no open store. */
export interface DriverAbilities {
  /**
   * Copies a store with its history to a new folder. Throws UsageError, RemoteError, EnvironmentError.
   * @returns the source, without credentials
   */
  readonly clone: (request: CloneRequest, host: DriverHost) => Promise<string>;
  readonly doctor: DriverDoctor;
  readonly make: StoreMaker;
  /**
   * Restores a backup. Everything is checked before anything is moved.
   * Throws InvalidStateError, UsageError, EnvironmentError.
   */
  readonly restore: (request: RestoreRequest, host: DriverHost) => Promise<Restored>;
}
