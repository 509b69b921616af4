/** The library: `import { openStore } from 'kgit'`. The same core as the command line's, without the command line. */
import { openStateRepository } from './composition.js';
import { mergeLayers, readLayers } from './config.js';
import { Store } from './library/store.js';
import type { StoreOptions } from './library/types.js';

/**
 * Opens a state repository: a folder or URL, `#BRANCH` behind it; the settings' if left out, else the folder
 * stood in. Close it when you are done.
 * Throws NoRepositoryError, RemoteError, EnvironmentError, InvalidStateError, and UsageError for a bad option.
 */
export async function openStore(place?: string, options: StoreOptions = {}): Promise<Store> {
  const { cwd = process.cwd(), environment = process.env, config, timeout, runId } = options;
  const { deployment, management, user } = options;
  const flags = {
    repo: place,
    ...{ deployment, management, user },
    timeout: timeout === undefined ? undefined : `${timeout}ms`,
  };
  const layers = await readLayers({
    ...{ flags, environment, cwd },
    file: config ?? environment['KGIT_CONFIG'],
    uid: process.getuid?.() ?? null,
    warn: (message) => process.emitWarning(message, 'KgitWarning'),
  });
  const opened = await openStateRepository(mergeLayers(layers), cwd, environment);
  const store = new Store({ opened, layers, environment, runId });
  try {
    await store.head({ fetch: 'never' });
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

export {
  ClusterError,
  ConflictError,
  EnvironmentError,
  type ErrorCode,
  type ErrorJson,
  EXIT_CODES,
  FencedError,
  FindingsError,
  InternalError,
  InterruptedError,
  InvalidStateError,
  KgitError,
  LockHeldError,
  NoRepositoryError,
  NotFoundError,
  RefusedError,
  RemoteError,
  SecretError,
  UsageError,
} from './errors.js';
export type { EndedLock, Lease } from './library/lease.js';
export type { Store } from './library/store.js';
export type {
  BreakOptions,
  ChangedState,
  ChangeOptions,
  DeploymentOptions,
  HeldLock,
  ListedSubject,
  LockOptions,
  LocksOptions,
  LogOptions,
  NewEvent,
  PushedEvent,
  PushedEvents,
  ReadOptions,
  RecordedEvent,
  StoreHead,
  StoreOptions,
  WriteOptions,
  WriteResult,
} from './library/types.js';
export type { Change, KgitEvent } from './model/event.js';
export type { Value, ValueMap } from './model/value.js';
export type { PendingOperation } from './store/pending-operation.js';
export type { SyncResult } from './store/sync-result.js';
