import type { ErrorJson } from '../../errors.js';
import type { StatusReport } from '../../k0rdent/observe/status-report.js';
import type { SkippedEvent } from '../../model/event/broken-events.js';
import type { KgitEvent } from '../../model/event/event.js';
import type { NewsLog } from '../../news/news-log.js';
import type { LocalSettings } from '../../setup/config.js';
import type { DamagedFile } from '../../store/local/damaged-files.js';
import type { Clock, Host } from '../../store/port/host.js';
import type { Observer } from '../observe/observer.js';
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
    /** When it was last seen that the history was rewritten, as by a force-push; null if never since the start. */
    readonly rewrittenAt: number | null;
    /** Events and states that cannot be read and were left out: the first ones. */
    readonly skipped: readonly SkippedEvent[];
  };
  readonly contexts: readonly {
    readonly context: string;
    readonly management: string | null;
    /** Last time at which something was heard from it; null if never. */
    readonly observedAt: number | null;
    readonly error: ErrorJson | null;
  }[];
  readonly journal: {
    /** Why news cannot be kept now, such as a full disk; null if it can. */
    readonly error: ErrorJson | null;
    /** News that is held back until then. */
    readonly held: number;
    /** Files of the journal that were damaged and set aside at the start. */
    readonly damaged: readonly DamagedFile[];
  };
  /** Writes that wait in this machine's outbox. */
  readonly outbox: {
    readonly waiting: number;
    /** When the oldest one was made. */
    readonly oldest: number | null;
  };
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
  /** Whether each context has answered or failed once: before that, `health` need not name it. */
  readonly hasLooked: boolean;
  /** The open repository, read at its newest known revision. */
  readonly context: Context;
  /** Fetches at once, as after a webhook. Several calls in a row are one fetch. */
  refresh(): void;
  /** Returns a function that ends the subscription. */
  onChange(listener: OnMonitorChange): () => void;
}

/** Times, in ms. */
export interface MonitorTimes {
  /** How long a divergence has to be there, or to be gone, before it is told. */
  readonly divergence: number;
  /** Age of a waiting write at which the outbox counts as stuck. */
  readonly stuck: number;
  /** How often the outbox and the age of the last fetch are looked at. */
  readonly look: number;
  /** Pause before news that could not be kept is tried again. */
  readonly retry: number;
}

export interface MonitorOptions {
  readonly context: Context;
  /** Settings other than those of kgit.yaml, which is applied anew when it changes. */
  readonly local: LocalSettings;
  /** Makes the observer of the clusters; null: no cluster is watched. Called again when kgit.yaml has changed. */
  readonly observer: ((context: Context) => Observer) | null;
  /** How old the last fetch may become, in ms. */
  readonly refreshMs: number;
  readonly clock: Clock;
  readonly host: Host;
  readonly times?: Partial<MonitorTimes>;
}

/** A monitor at work. */
export interface RunningMonitor extends Monitor {
  /** Settles when it has stopped; rejects if it stopped because of a bug. */
  readonly ended: Promise<void>;
  /** Ends every process that it started, and lets another server use the journal. */
  stop(): Promise<void>;
}
