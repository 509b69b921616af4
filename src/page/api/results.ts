/** The JSON documents of `/api/v1`: what the command line prints, and what the server adds. Types only. */

import type { MonitorHealth } from '../../app/monitor/monitor.js';
import type { TimeLineEntry } from '../../app/observe/time-line.js';
import type { ErrorJson } from '../../errors.js';
import type { ClusterDetail } from '../../k0rdent/cluster/cluster-detail.js';
import type { Divergence } from '../../k0rdent/observe/divergence.js';
import type { ContextObservation } from '../../k0rdent/observe/observation.js';
import type { JoinedCluster } from '../../k0rdent/observe/status-report.js';
import type { KgitEvent, Lifecycle } from '../../model/event/event.js';
import type { EventDocument } from '../../news/news-item.js';

export type { ClusterState } from '../../k0rdent/cluster/cluster-state.js';
export type { ContextObservation, Divergence, ErrorJson, EventDocument, TimeLineEntry };

export type Cluster = JoinedCluster<KgitEvent>;
export type Detail = Omit<ClusterDetail, 'events'> & { readonly eventsSeen: boolean };

interface Answer<K extends string> {
  readonly apiVersion: 'kgit/v1';
  readonly kind: K;
}

interface OfRepository {
  readonly repository: {
    readonly revision: string | null;
    readonly fetchedAt: string | null;
    readonly pending: number;
  };
}

export interface StatusResult extends Answer<'StatusResult'>, OfRepository {
  readonly contexts: readonly ContextObservation[];
  readonly clusters: readonly Cluster[];
  readonly divergence: readonly Divergence[];
  /** Of one cluster, if it is live. */
  readonly detail?: Detail;
  readonly timeLine?: readonly TimeLineEntry[];
  /** Lifecycle by the record, of one cluster that is not live. */
  readonly recorded?: Lifecycle | null;
}

export interface LogResult extends Answer<'LogResult'>, OfRepository {
  readonly events: readonly EventDocument[];
  /** What `before` takes for the next page; null where nothing is left. */
  readonly next: string | null;
  /** What was left out because it cannot be read as an event. */
  readonly skipped?: readonly { readonly path: string; readonly message: string }[];
}

export interface ListResult extends Answer<'ListResult'>, OfRepository {
  readonly items: readonly {
    readonly subject: string;
    readonly events: number;
    readonly lastEvent: EventDocument | null;
  }[];
}

/** A lock that is held, or whose lease ran out. */
export interface Lock {
  readonly name: string;
  readonly holder: string;
  readonly host: string;
  readonly acquiredAt: string;
  readonly expiresAt: string;
  readonly expired: boolean;
  readonly reason: string | null;
}

export interface LocksResult extends Answer<'LocksResult'>, OfRepository {
  readonly locks: readonly Lock[];
  /** Entries among the locks that hold none. */
  readonly broken: readonly {
    readonly ref: string;
    readonly problem: string;
    readonly suggestions: readonly string[];
  }[];
  /** Whether this is what was last seen, because the remote did not answer. */
  readonly stale: boolean;
}

/** A request to merge that waits for a review. */
export interface Proposal {
  readonly branch: string;
  readonly subjects: readonly string[];
  readonly users: readonly string[];
  readonly proposedAt: string | null;
  readonly title: string | null;
  /** The request, or where to open one; null if neither is known. */
  readonly url: string | null;
  readonly number: number | null;
}

export interface ProposalsResult extends Answer<'ProposalsResult'>, OfRepository {
  readonly proposals: readonly Proposal[];
  /** Why the forge was not asked; null if it was. */
  readonly noForge: string | null;
}

/** A write that is not published yet. */
export interface Waiting {
  readonly id: string;
  readonly subject: string | null;
  readonly action: string | null;
  /** In seconds. */
  readonly age: number;
  readonly attempts: number;
  readonly error: string | null;
  readonly refused: boolean;
}

export interface OutboxResult extends Answer<'OutboxResult'>, OfRepository {
  readonly operations: readonly Waiting[];
}

/** The events of one day in UTC, by outcome. */
export interface DayOfActivity {
  /** YYYY-MM-DD */
  readonly day: string;
  readonly events: number;
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Events without an outcome. */
  readonly other: number;
}

export interface ActivityResult extends Answer<'ActivityResult'>, OfRepository {
  /** Oldest first, without gaps. */
  readonly days: readonly DayOfActivity[];
  /** Whether all events are counted. */
  readonly complete: boolean;
}

/** The events of one `run_id` from its start to its end. */
export interface Run {
  readonly runId: string;
  readonly subject: string;
  readonly action: string;
  readonly user: string | null;
  readonly started: string;
  /** Null while it runs. */
  readonly ended: string | null;
  readonly outcome: string;
  readonly durationSeconds: number | null;
  readonly startEvent: string;
}

export interface RunsResult extends Answer<'RunsResult'>, OfRepository {
  readonly runs: readonly Run[];
  readonly complete: boolean;
}

export interface GetResult extends Answer<'GetResult'>, OfRepository {
  readonly subject: string;
  /** The state; what looks secret is masked. */
  readonly value: unknown;
}

export interface Phase {
  readonly name: string;
  readonly status: string;
  readonly updatedAt: string | null;
  /** Why it was skipped, or has failed. */
  readonly reason: string | null;
}

export interface PhaseResult extends Answer<'PhaseResult'>, OfRepository {
  readonly phases: readonly Phase[];
}

/** A change of one value of a state, and the event that made it. */
export interface StateChange {
  /** Dotted path; odd keys are quoted. */
  readonly path: string;
  /** Left out if nothing was there. */
  readonly before?: unknown;
  /** Left out if it was removed. */
  readonly after?: unknown;
  /** Set for a secret of the team: its values are in no event. */
  readonly secret?: true;
  /** Set for a secret that was removed. */
  readonly removed?: true;
  readonly event: string | null;
  readonly timestamp: string | null;
  readonly user: string | null;
  readonly action: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  /** Id of the run that it belongs to. */
  readonly run: string | null;
}

export interface HistoryResult extends Answer<'HistoryResult'>, OfRepository {
  readonly changes: readonly StateChange[];
}

export interface DiffResult extends Answer<'DiffResult'>, OfRepository {
  readonly changes: readonly StateChange[];
}

/** Health of the server's parts; times are in ms since the epoch. */
export interface ServerResult extends Answer<'ServerResult'> {
  readonly version: string;
  readonly health: MonitorHealth;
  readonly notifications: readonly {
    readonly name: string;
    readonly state: string;
    readonly waiting: number;
    readonly dead: number;
    readonly lastFailure: { readonly at: number; readonly reason: string } | null;
    readonly lastDead: readonly { readonly id: string; readonly at: number; readonly reason: string }[];
  }[];
}

export interface ErrorDocument extends Answer<'Error'> {
  readonly error: ErrorJson;
}

/** The kinds of answers by name. */
export interface Results {
  readonly Error: ErrorDocument;
  readonly ActivityResult: ActivityResult;
  readonly DiffResult: DiffResult;
  readonly GetResult: GetResult;
  readonly HistoryResult: HistoryResult;
  readonly PhaseResult: PhaseResult;
  readonly ListResult: ListResult;
  readonly LocksResult: LocksResult;
  readonly OutboxResult: OutboxResult;
  readonly ProposalsResult: ProposalsResult;
  readonly StatusResult: StatusResult;
  readonly LogResult: LogResult;
  readonly RunsResult: RunsResult;
  readonly ServerResult: ServerResult;
}
export type Kind = Exclude<keyof Results, 'Error'>;
