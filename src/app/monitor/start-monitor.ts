import { Journal } from '../../news/journal.js';
import type { News } from '../../news/news-item.js';
import type { PositionChanges } from '../../news/segment.js';
import type { Context } from '../open/configured.js';
import { pause } from '../pause.js';
import { ClusterIndex } from './cluster-index.js';
import { DivergenceWatch } from './divergence-news.js';
import { FleetPositions } from './fleet-positions.js';
import { fleetReport, proofOf } from './fleet-report.js';
import { FleetWatch } from './fleet-watch.js';
import type {
  FleetSnapshot,
  MonitorHealth,
  MonitorOptions,
  MonitorTimes,
  OnMonitorChange,
  RunningMonitor,
} from './monitor.js';
import { NewsWriter } from './news-writer.js';
import { OutboxWatch } from './outbox-news.js';
import { Paced } from './paced.js';
import { RepositoryFollower } from './repository-follower.js';
import { SkippedNotes } from './skipped-notes.js';

const TIMES: MonitorTimes = { divergence: 60_000, stuck: 10 * 60_000, look: 1_000, retry: 5_000 };
/** Least time between two reports of the fleet, in ms. */
const REPORT_MS = 250;

/**
 * Follows a repository and the clusters of its management clusters until it is stopped. Throws EnvironmentError if the
 * journal cannot be written, or another process of this machine follows the same clone. A repository or a cluster that cannot be
 * reached, then or later, is no failure: `health` has it, and it is tried again for ever.
 */
export async function startMonitor(options: MonitorOptions): Promise<RunningMonitor> {
  const { context, host, clock } = options;
  const localFolder = context.opened.localFolder;
  const journal = await Journal.open({ localFolder, host, now: () => clock.now() });
  return new RepositoryMonitor(options, journal);
}

class RepositoryMonitor implements RunningMonitor {
  readonly news: Journal;
  readonly ended: Promise<void>;
  fleet: FleetSnapshot = { report: { contexts: [], clusters: [], divergence: [] }, version: 0 };
  readonly #options: MonitorOptions;
  readonly #times: MonitorTimes;
  readonly #startedAt: number;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<OnMonitorChange>();
  readonly #skipped = new SkippedNotes(() => this.#tell('health'));
  readonly #index = new ClusterIndex(this.#skipped);
  readonly #writer: NewsWriter;
  readonly #repository: RepositoryFollower;
  readonly #watch: FleetWatch | null;
  readonly #divergence: DivergenceWatch;
  readonly #outbox: OutboxWatch;
  readonly #reports: Paced;
  #bug: unknown[] = [];
  #due: NodeJS.Timeout | undefined;

  constructor(options: MonitorOptions, journal: Journal) {
    const { clock, observer } = options;
    const { signal } = this.#stop;
    const { positions } = journal;
    const now = () => clock.now();
    const onBug = (error: unknown) => this.#failed(error);
    const tell = (news: readonly News[], changes: PositionChanges) => this.#writer.add(news, changes);
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#startedAt = now();
    this.news = journal;
    const { retry, divergence, stuck } = this.#times;
    this.#writer = new NewsWriter({
      ...{ journal, retryMs: retry, signal, onBug },
      onChange: () => this.#tell('health'),
    });
    this.#repository = new RepositoryFollower({
      ...options,
      ...{ signal, positions, tell, onBug, broken: this.#skipped },
      onContext: (clusters) => {
        this.#index.changed(clusters);
        this.#reports.soon();
      },
      onManagements: () => this.#watch?.restart(),
      onHealth: () => this.#tell('health'),
    });
    this.#watch =
      observer &&
      new FleetWatch({
        ...{ now, signal, tell, broken: this.#skipped, positions: new FleetPositions(positions) },
        observer: () => observer(this.context),
        records: () => this.#index.records,
        onChange: (what) => (what === 'fleet' ? this.#reports.soon() : this.#tell('health')),
      });
    this.#divergence = new DivergenceWatch(positions, divergence);
    this.#outbox = new OutboxWatch(positions, stuck);
    this.#reports = new Paced(() => this.#report(), { leastMs: REPORT_MS, now, signal, onBug });
    this.ended = this.#run();
    // It rejects for whoever awaits it, and for nobody else.
    this.ended.then(undefined, () => undefined);
  }

  get context(): Context {
    return this.#repository.context;
  }

  get health(): MonitorHealth {
    const { error, rewrittenAt, waiting: outbox } = this.#repository;
    const { revision, fetchedAt } = this.context.reading;
    const skipped = this.#skipped.list;
    return {
      startedAt: this.#startedAt,
      // A store that was never fetched says 0.
      repository: { revision, fetchedAt: fetchedAt || null, error, rewrittenAt, skipped },
      contexts: this.#watch?.health ?? [],
      journal: { error: this.#writer.error, held: this.#writer.held, damaged: this.news.damaged },
      outbox,
    };
  }

  get hasLooked(): boolean {
    return this.#watch?.hasLooked ?? true;
  }

  refresh(): void {
    this.#repository.refresh();
  }

  onChange(listener: OnMonitorChange): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  async #run(): Promise<void> {
    try {
      const parts = [this.#repository.run(), this.#looks(), this.#report().then(() => this.#watch?.run())];
      await Promise.all(parts.map((part) => part.catch((error: unknown) => this.#failed(error))));
    } finally {
      this.#stop.abort();
      clearTimeout(this.#due);
      await Promise.all([this.#reports.end(), this.#repository.end(), this.#writer.end()]);
      await this.news.close();
    }
    if (this.#bug.length > 0) throw this.#bug[0];
  }

  /** Ends the monitor because of a bug. */
  #failed(error: unknown): void {
    this.#bug.push(error);
    this.#stop.abort();
  }

  #tell(what: 'fleet' | 'health'): void {
    for (const listener of this.#listeners) listener(what);
  }

  async #looks(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#repository.look();
      if (!this.#index.isComplete) this.#reports.soon();
      const { news, positions } = this.#outbox.take(this.#repository.waiting, this.#options.clock.now());
      if (news.length > 0) await this.#writer.add(news, positions);
      await pause(this.#times.look, signal);
    }
  }

  /** Brings the records up to date, joins them with what is live, and tells divergence. */
  async #report(): Promise<void> {
    await this.#index
      .update(this.context.reading.view)
      .catch((error: unknown) => this.#repository.failed(error));
    const contexts = this.#watch?.contexts ?? [];
    const { fleet } = this;
    const { records, isComplete } = this.#index;
    const found = fleetReport(this.#watch?.fleet ?? NO_FLEET, contexts, records, fleet.report);
    // Records that could not be read are no absence of records.
    const report = isComplete ? found : { ...found, divergence: fleet.report.divergence };
    this.fleet = { report, version: fleet.version + 1 };
    this.#tell('fleet');
    if (!isComplete) return;
    const now = this.#options.clock.now();
    const { news, positions, next } = this.#divergence.take(report.divergence, proofOf(contexts), now);
    clearTimeout(this.#due);
    if (next !== null) this.#due = setTimeout(() => this.#reports.soon(), Math.max(next - now, 0)).unref();
    await this.#writer.add(news, positions);
  }
}

const NO_FLEET = { clusters: [], specOf: () => undefined };
