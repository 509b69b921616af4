/** The library: `import { openStore } from 'kgit'`. It calls the same use cases as the command line. */
import { openStateRepository } from '../setup/composition.js';
import { localSettings, readSources } from '../setup/config.js';
import { Store } from './store.js';
import type { StoreOptions } from './types.js';

/**
 * Opens a state repository. Close the store when you are done.
 * Throws NoRepositoryError, RemoteError, EnvironmentError, InvalidStateError, and UsageError for a bad option.
 * @param place a folder or URL, optionally followed by `#BRANCH`; if left out, that of the settings, else the current folder
 */
export async function openStore(place?: string, options: StoreOptions = {}): Promise<Store> {
  const { cwd = process.cwd(), environment = process.env, config, timeout, runId } = options;
  const { deployment, management, user, backend, fs, http } = options;
  const flags = {
    repo: place,
    ...{ deployment, management, user },
    timeout: timeout === undefined ? undefined : `${timeout}ms`,
  };
  const sources = await readSources({
    ...{ flags, environment, cwd },
    file: config ?? environment['KGIT_CONFIG'],
    uid: process.getuid?.() ?? null,
    backend,
    warn: (message) => process.emitWarning(message, 'KgitWarning'),
  });
  const local = localSettings(sources);
  const opened = await openStateRepository(local.settings, cwd, environment, { fs, http });
  const store = new Store({ opened, local, environment, runId });
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
} from '../errors.js';
export type { Change, KgitEvent } from '../model/event/event.js';
export type { Value, ValueMap } from '../model/value/value.js';
export type { PendingOperation } from '../store/outbox/pending-operation.js';
export type { SyncResult } from '../store/publish/sync-result.js';
export type { EndedLock, Lease } from './lease.js';
export type { Store } from './store.js';
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
} from './types.js';
