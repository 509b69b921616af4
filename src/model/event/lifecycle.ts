import type { Lifecycle } from './event.js';

/** The parts of an event that the lifecycle depends on. */
export interface LifecycleEvent {
  readonly action: string;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly lifecycle?: string | undefined;
  readonly outcome?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Where an imported event came from; other events have none. */
  readonly source?: unknown;
}

/** Actions that mean a cluster was created or deleted; an event's `lifecycle` overrides them. */
export const LIFECYCLE_ACTIONS: Readonly<Record<string, Lifecycle>> = {
  cluster_created: 'created',
  cluster_deployment_created: 'created',
  cluster_deleted: 'deleted',
  cluster_vanished: 'deleted',
};

/** The life of a cluster, according to its events. */
export interface RecordedLifecycle {
  readonly lifecycle: Lifecycle | null;
  /** Timestamp of the deciding event; null if there is none. */
  readonly at: string | null;
  /** Whether every event was imported: nothing has been recorded since. */
  readonly importedOnly: boolean;
}

interface Said {
  readonly lifecycle: Lifecycle | null;
  readonly at: string | null;
}

/**
 * Folds the events of one cluster, oldest first. Failed attempts and dry runs don't count; where an attempt was
 * recorded as `started` before it failed, its start doesn't count either.
 */
export function foldLifecycle(events: readonly LifecycleEvent[]): RecordedLifecycle {
  let said: Said = { lifecycle: null, at: null };
  let attempt: { action: string; before: Said } | null = null;
  for (const event of events) {
    const lifecycle = lifecycleOf(event);
    if (lifecycle === null) continue;
    if (event.outcome === 'failed') {
      if (attempt?.action === event.action) said = attempt.before;
      attempt = null;
      continue;
    }
    attempt = event.outcome === 'started' ? { action: event.action, before: said } : null;
    said = { lifecycle, at: event.timestamp };
  }
  const importedOnly = events.length > 0 && events.every(({ source }) => (source ?? null) !== null);
  return { ...said, importedOnly };
}

function lifecycleOf(event: LifecycleEvent): Lifecycle | null {
  const dryRun = event.parameters?.['dry_run'];
  if (dryRun === true || dryRun === 'true') return null;
  if (event.lifecycle === 'created' || event.lifecycle === 'deleted') return event.lifecycle;
  return Object.hasOwn(LIFECYCLE_ACTIONS, event.action) ? (LIFECYCLE_ACTIONS[event.action] ?? null) : null;
}
