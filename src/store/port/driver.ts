import type { DamagedFile } from '../local/damaged-files.js';
import type { Backend } from './backend.js';
import type { Waits } from './host.js';
import type { Review } from './review.js';

/** What a driver is opened with. */
export interface DriverContext {
  /** Where the store is, as the user named it; undefined where nothing was named. */
  readonly place: string | undefined;
  /** The folder stood in: relative paths are read from it. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long a talk with a server may take, in ms. */
  readonly timeout: number;
  /** Whether the history is to be read, or the head alone is enough. */
  readonly history: boolean;
  /** Whether no server may be asked. */
  readonly isOffline?: boolean | undefined;
  /** Hears what is waited for. */
  readonly waits?: Waits | undefined;
}

/** Who the user is in the configuration of a driver's own tools. */
export interface Identity {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** The command line of an editor. */
  readonly editor?: string | undefined;
}

/** An open store, and what a driver knows of it. */
export interface OpenedStore {
  readonly store: Backend;
  /** The folder or URL that was opened, without secrets. */
  readonly path: string;
  /** What people call the line of revisions in it: the branch of a git repository. */
  readonly name: string;
  /** Path and name, for messages: `/work/state (branch main)`. */
  readonly where: string;
  readonly identity: Identity;
  /** Where kgit keeps what is this machine's alone, and what was damaged in there; left out: in the user's state folder. */
  readonly localFolder?: { readonly path: string; readonly damaged: readonly DamagedFile[] };
  /** Null where the driver cannot compare whole histories. */
  readonly review: Review | null;
}

/** Opens stores of one kind. Throws NoRepositoryError, RemoteError, EnvironmentError. */
export type Driver = (context: DriverContext) => Promise<OpenedStore>;
