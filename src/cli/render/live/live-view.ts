import { LiveFleet } from '../../../app/observe/live-fleet.js';
import type { WatchView } from '../../../app/observe/watch-clusters.js';
import type { KgitError } from '../../../errors.js';
import type { ObservedCluster } from '../../../k0rdent/observe/observation.js';
import type { JoinedCluster } from '../../../k0rdent/observe/status-report.js';
import type { SeenTransition } from '../../../k0rdent/watch/watch.js';
import type { KgitEvent } from '../../../model/event/event.js';
import type { Screen } from '../../../terminal/output.js';
import { ScreenFrame } from '../../../terminal/screen-frame.js';
import type { SideNotes } from '../../notes/side-notes.js';

import { liveFrame } from './live-frame.js';

export interface LiveOptions {
  readonly stdout: NodeJS.WriteStream;
  readonly notes: SideNotes;
  readonly screen: () => Screen;
  readonly now: () => number;
  readonly wide: boolean;
  readonly labels: readonly string[];
  /** Selects the requested clusters, in display order. */
  readonly arranged: (clusters: readonly JoinedCluster<KgitEvent>[]) => readonly JoinedCluster<KgitEvent>[];
}

/** Time in which changes are gathered, in ms, so that a burst becomes one frame. */
const GATHER_MS = 100;
/** Interval of frames when nothing changes, in ms: the shown ages grow. */
const TICK_MS = 5_000;
/** Maximum number of transitions, and of notes, kept. */
const MOST = 20;

/** A table of clusters on a terminal that follows a watch. Notes, except the last ones, are held back until it ends. */
export class LiveView implements WatchView {
  readonly #options: LiveOptions;
  readonly #fleet: LiveFleet;
  readonly #transitions: SeenTransition[] = [];
  readonly #notes: string[] = [];
  readonly #failing = new Map<string, string>();
  readonly #frame: ScreenFrame;
  readonly #release: () => void;
  readonly #ticks: NodeJS.Timeout;
  #next: NodeJS.Timeout | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#fleet = new LiveFleet(() => new Date(options.now()));
    this.#release = options.notes.hold((message) => {
      keep(this.#notes, message);
      this.#drawSoon();
    });
    this.#frame = new ScreenFrame(options.stdout, () => this.#drawSoon());
    this.#ticks = setInterval(() => this.#draw(), TICK_MS).unref();
  }

  async begin(observation: Parameters<WatchView['begin']>[0]): Promise<void> {
    this.#fleet.begin(observation);
    for (const { context, error } of observation.contexts)
      if (error !== null) this.#failing.set(context, error.message);
      else this.#failing.delete(context);
    this.#draw();
  }

  async watching(): Promise<void> {}

  async transitions(found: readonly SeenTransition[]): Promise<void> {
    for (const one of found) keep(this.#transitions, one);
    this.#drawSoon();
  }

  async context(context: string, error: KgitError | null): Promise<void> {
    if (error === null) this.#failing.delete(context);
    else this.#failing.set(context, error.message);
    this.#drawSoon();
  }

  news(...[news, of]: Parameters<WatchView['news']>): void {
    this.#fleet.take(news, of);
    if (news.kind !== 'tick') this.#drawSoon();
  }

  /** Releases the terminal with the last frame on it, and prints the notes held back. */
  end(): void {
    clearInterval(this.#ticks);
    clearTimeout(this.#next);
    const last = this.#lines();
    this.#frame.end();
    this.#options.stdout.write(last.map((line) => `${line}\n`).join(''));
    this.#release();
  }

  #drawSoon(): void {
    this.#next ??= setTimeout(() => this.#draw(), GATHER_MS).unref();
  }

  #draw(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#frame.draw(this.#lines());
  }

  #lines(): string[] {
    const { arranged, screen, now, wide, labels } = this.#options;
    const clusters = this.#fleet.clusters.map(withoutEvent);
    const picture = {
      clusters: arranged(clusters),
      total: clusters.length,
      now: now(),
      wide,
      labels,
      transitions: this.#transitions,
      troubles: [...this.#notes.slice(-2), ...this.#failing.values()],
    };
    return liveFrame(picture, screen(), this.#frame.size);
  }
}

/** Removes the last event, which predates the watch: later changes are shown below the table. */
function withoutEvent(cluster: ObservedCluster): JoinedCluster<KgitEvent> {
  return { ...cluster, lastEvent: null };
}

function keep<T>(items: T[], item: T): void {
  items.push(item);
  if (items.length > MOST) items.shift();
}
