import type { ErrorJson } from '../../errors.js';
import type { StatusReport } from '../../k0rdent/observe/status-report.js';
import type { KgitEvent } from '../../model/event/event.js';
import type { NewsLog } from '../../news/news-log.js';
import type { Context } from '../open/configured.js';

/** What a server knows at one moment about its parts, and how old that is. Times are ms since the epoch. */
export interface MonitorHealth {
  readonly startedAt: number;
  readonly repository: {
    readonly revision: string | null;
    /** Last successful fetch; null for a repository without a server. */
    readonly fetchedAt: number | null;
    /** Why it cannot be read or fetched now; null if it can. */
    readonly error: ErrorJson | null;
  };
  readonly contexts: readonly {
    readonly context: string;
    readonly management: string | null;
    /** Last time at which something was heard from it; null if never. */
    readonly observedAt: number | null;
    readonly error: ErrorJson | null;
  }[];
  /** Why news cannot be kept now, such as a full disk; null if it can. */
  readonly journal: ErrorJson | null;
  /** Writes that wait in this machine's outbox. */
  readonly outbox: { readonly waiting: number; readonly oldest: number | null };
}

/** The live fleet beside its record. A new object whenever something changed. */
export interface FleetSnapshot {
  readonly report: StatusReport<KgitEvent>;
  /** Grows with every change. */
  readonly version: number;
}

/** Called after a change: `fleet` for rows of the fleet, `health` for what the server knows about its parts. */
export type OnMonitorChange = (what: 'fleet' | 'health') => void;

/** Follows one state repository and any number of management clusters, in memory and in a journal. */
export interface Monitor {
  readonly news: NewsLog;
  readonly fleet: FleetSnapshot;
  readonly health: MonitorHealth;
  /** The open repository, read at its newest known revision. */
  readonly context: Context;
  /** Fetches at once, as after a webhook. Several calls in a row are one fetch. */
  refresh(): void;
  /** Returns a function that ends the subscription. */
  onChange(listener: OnMonitorChange): () => void;
}
