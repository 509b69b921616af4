import { type ErrorJson, InterruptedError, KgitError } from '../../errors.js';
import { failedBecause } from '../../k0rdent/kubectl/cluster-failure.js';
import type { ContextObservation, Observation } from '../../k0rdent/observe/observation.js';
import type { SeenTransition } from '../../k0rdent/watch/watch.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import type { TransitionNews } from '../../news/news-item.js';
import type { PositionChanges } from '../../news/segment.js';
import type { ClusterRecord } from '../../store/read/cluster-records.js';
import { LiveFleet } from '../observe/live-fleet.js';
import type { Observer } from '../observe/observer.js';
import { transitionDocument } from '../observe/transition-document.js';
import { type WatchView, watchClusters } from '../observe/watch-clusters.js';
import { pause } from '../pause.js';
import type { FleetPositions } from './fleet-positions.js';
import type { MonitorHealth } from './monitor.js';

/** Pauses before contexts are queried again of which none can be watched, in ms. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export interface FleetWatchOptions {
  /** Makes the observer, with the newest kgit.yaml. */
  readonly observer: () => Observer;
  /** Records of all clusters. */
  readonly records: () => readonly ClusterRecord[];
  readonly broken: BrokenEvents;
  readonly positions: FleetPositions;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly tell: (news: readonly TransitionNews[], positions: PositionChanges) => Promise<void>;
  /** Called when rows may have changed, and when only what is known about contexts has. */
  readonly onChange: (what: 'fleet' | 'health') => void;
}

/** A context, and when something was last heard from it (ms since the epoch; null if never). */
interface Heard {
  readonly context: ContextObservation;
  readonly at: number | null;
}

/** Watches the clusters of any number of contexts for as long as the server runs, whatever becomes of them. */
export class FleetWatch implements WatchView {
  readonly fleet: LiveFleet;
  /** Whether each context has answered or failed once, or it is known that there is none. */
  hasLooked = false;
  readonly #options: FleetWatchOptions;
  readonly #contexts = new Map<string, Heard>();
  #stop = new AbortController();
  #isRestarting = false;

  constructor(options: FleetWatchOptions) {
    this.#options = options;
    this.fleet = new LiveFleet(() => new Date(options.now()), true);
  }

  /** The contexts, as of when each was last heard. One that fails keeps what was known about it. */
  get contexts(): readonly ContextObservation[] {
    return [...this.#contexts.values()].map(({ context, at }) => ({
      ...context,
      observedAt: new Date(at ?? Date.parse(context.observedAt)).toISOString(),
    }));
  }

  get health(): MonitorHealth['contexts'] {
    return [...this.#contexts.values()].map(({ context: { context, management, error }, at }) => {
      return { context, management, observedAt: at, error };
    });
  }

  /** Queries all contexts anew, as after a change of what identifies management clusters. */
  restart(): void {
    this.#isRestarting = true;
    this.#stop.abort();
  }

  /** Watches until the signal. Throws what is no expected failure. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    signal.addEventListener('abort', () => this.#stop.abort());
    for (let delay = FIRST_PAUSE_MS; !signal.aborted; delay = Math.min(delay * 2, LONGEST_PAUSE_MS)) {
      this.#stop = new AbortController();
      const hasBegun = await this.#watch();
      if (hasBegun) delay = FIRST_PAUSE_MS;
      if (!this.#isRestarting) await pause(delay, signal);
      this.#isRestarting = false;
    }
  }

  async begin(observation: Observation): Promise<void> {
    const { now, positions, tell } = this.#options;
    const at = now();
    for (const context of observation.contexts) {
      const before = this.#contexts.get(context.context);
      if (context.error === null) this.#contexts.set(context.context, { context, at });
      else this.#failed(context.context, context.error, before?.context ?? context);
    }
    this.fleet.begin(observation);
    this.hasLooked = true;
    this.#options.onChange('health');
    this.#options.onChange('fleet');
    for (const watchable of observation.watchable) {
      const { transitions, positions: changes } = positions.since(watchable, new Date(at));
      await tell(newsOf(transitions, 'missed', at), changes);
    }
  }

  async watching(): Promise<void> {}

  async transitions(found: readonly SeenTransition[]): Promise<void> {
    const { now, positions, tell, onChange } = this.#options;
    onChange('fleet');
    await tell(newsOf(found, 'changed', now()), positions.take(found));
  }

  async context(context: string, error: KgitError | null): Promise<void> {
    const known = this.#contexts.get(context);
    if (error !== null)
      this.#failed(context, error.toJSON(), known?.context ?? nothingOf(context, this.#options.now()));
    else if (known)
      this.#contexts.set(context, { context: { ...known.context, error: null }, at: this.#options.now() });
    this.#options.onChange('health');
    this.#options.onChange('fleet');
  }

  news(...[news, of]: Parameters<WatchView['news']>): void {
    const known = this.#contexts.get(of.context);
    if (known) this.#contexts.set(of.context, { ...known, at: this.#options.now() });
    this.fleet.take(news, of);
    if (news.kind !== 'tick') this.#options.onChange('fleet');
  }

  /** Watches until it fails, or is told to end. Returns whether a context answered. Throws what is no expected failure. */
  async #watch(): Promise<boolean> {
    const { observer: make, records, broken } = this.#options;
    const observer = make();
    const recorded = records();
    const wanted = { objects: true };
    let hasBegun = false;
    try {
      const first = await observer.observe(recorded, wanted, this.#stop.signal);
      hasBegun = true;
      const intent = { wanted, recorded, one: null, records: false, broken, view: this, stop: this.#stop };
      await watchClusters(observer, first, intent);
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      if (!(error instanceof InterruptedError)) this.#allFailed(error, observer.contexts);
    }
    return hasBegun;
  }

  /** Notes that no context can be watched. If the user named none, and none is set up, there is nothing to watch. */
  #allFailed(error: KgitError, named: readonly string[]): void {
    this.hasLooked = true;
    const isNone = named.length === 0 && this.#contexts.size === 0;
    if (isNone && failedBecause(error, 'no-context', 'kubectl-missing')) return;
    const own = error.data['context'];
    const known = named.length > 0 ? named : [...this.#contexts.keys()];
    const contexts = known.length > 0 ? known : [typeof own === 'string' ? own : ''];
    for (const context of contexts) {
      const before = this.#contexts.get(context)?.context ?? nothingOf(context, this.#options.now());
      if (context === own || before.error === null) this.#failed(context, error.toJSON(), before);
    }
    this.#options.onChange('health');
    this.#options.onChange('fleet');
  }

  /** Notes that a context fails, and keeps when it was last heard. */
  #failed(context: string, error: ErrorJson, known: ContextObservation): void {
    this.#contexts.set(context, {
      context: { ...known, error },
      at: this.#contexts.get(context)?.at ?? null,
    });
  }
}

function newsOf(found: readonly SeenTransition[], type: 'changed' | 'missed', now: number): TransitionNews[] {
  const observedAt = new Date(now).toISOString();
  return found.map((one) => ({ kind: 'transition', document: transitionDocument(one, type, observedAt) }));
}

/** A context that never answered. */
function nothingOf(context: string, now: number): ContextObservation {
  return {
    context,
    management: null,
    identity: null,
    identities: [],
    match: null,
    observedAt: new Date(now).toISOString(),
    namespaces: { seen: [], denied: [] },
    k0rdent: null,
    error: null,
  };
}
