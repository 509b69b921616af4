import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Monitor } from '../app/monitor/monitor.js';
import type { Observer } from '../app/observe/observer.js';
import type { Context } from '../app/open/configured.js';
import type { TargetStatus } from '../notify/notifier-status.js';
import type { Environment } from '../setup/this-host.js';
import type { Access } from './access/access.js';
import type { HookSecret } from './hooks/hook-secret.js';
import type { OpenStreams } from './stream/open-streams.js';

/** What the route modules of the server share. */
export interface ServeParts {
  readonly monitor: Monitor;
  /** Version of kgit. */
  readonly version: string;
  /** ms since the epoch */
  readonly now: () => number;
  readonly access: Access;
  /** The secret of the hooks as it is now; null: there are no hooks. */
  readonly hookSecret: (() => HookSecret) | null;
  readonly streams: OpenStreams;
  /** Aborts when the server begins to stop. */
  readonly stopping: AbortSignal;
  /** Folder of the built page. */
  readonly pageFolder: string;
  /** Called with what no client is told: a bug, or a failure that names paths of this machine. */
  readonly onFault: (error: Error) => void;
  /**
   * Makes an observer that asks these contexts about one cluster and writes nothing. Without it, answers about a cluster
   * say what was last known.
   */
  readonly observer?: ((context: Context, contexts: readonly string[]) => Observer) | undefined;
  /** Where the token for the API of the repository's forge is looked for. */
  readonly environment?: Environment | undefined;
  /** The targets of notifications as they are now; without it there are none. */
  readonly targets?: (() => readonly TargetStatus[]) | undefined;
}

/** What a route may ask of its environment; there are no bindings in a request that did not come by a socket. */
export interface ServeEnv {
  readonly Bindings: Partial<HttpBindings>;
}

export type ServeApp = Hono<ServeEnv>;

/** Adds the routes of one subject. */
export type Routes = (app: ServeApp, parts: ServeParts) => void;
