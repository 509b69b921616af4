import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Monitor } from '../app/monitor/monitor.js';
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
}

/** What a route may ask of its environment; there are no bindings in a request that did not come by a socket. */
export interface ServeEnv {
  readonly Bindings: Partial<HttpBindings>;
}

export type ServeApp = Hono<ServeEnv>;

/** Adds the routes of one subject. */
export type Routes = (app: ServeApp, parts: ServeParts) => void;
