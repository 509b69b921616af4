import { ClusterError, type KgitError } from '../../errors.js';
import { isPassing } from '../kubectl/cluster-failure.js';
import type { Watchable } from '../observe/observation.js';
import { type Transition, Transitions } from './transitions.js';
import { type OnContext, WatchHealth } from './watch-health.js';
import { LONGEST_PAUSE_MS, type WatchNews, type WatchOptions, watchList } from './watch-list.js';

/** A transition, with the management cluster in which it was seen. */
export interface SeenTransition extends Transition {
  readonly management: string;
}

/** A context to watch, or the error if it could not be queried yet. */
export type WatchSource = Watchable | { readonly context: string; readonly error: KgitError };

export interface WatchAllOptions extends Pick<WatchOptions, 'pause'> {
  /** Ends the watch. */
  readonly stop: AbortController;
  readonly now: () => Date;
  /** Called once for each transition, in the order within each list. */
  readonly onTransitions: (found: readonly SeenTransition[]) => Promise<void>;
  readonly onContext: OnContext;
  /** Called with all news of a list, before its transitions. */
  readonly onNews?: (
    news: WatchNews,
    of: Pick<Watchable, 'management' | 'context'> & { readonly path: string },
  ) => void;
  /** Queries a context that could not be queried before, and shows its clusters. Throws ClusterError. */
  readonly open: (context: string) => Promise<Watchable>;
}

/** Name of the part for a context that could not be opened yet. */
const OPENING = '';

/**
 * Watches contexts from the point at which they were read, until stopped. A context that fails is reported and retried
 * while the others continue; if all fail and retrying will not help, the first one's ClusterError is thrown. Returns
 * the contexts that could not be watched at the end.
 */
export async function watchAll(
  sources: readonly WatchSource[],
  options: WatchAllOptions,
): Promise<ReadonlyMap<string, KgitError>> {
  const { stop } = options;
  const health = new WatchHealth(options.onContext);
  for (const source of sources) {
    if ('error' in source) health.known(source.context, OPENING, source.error);
    else for (const { path } of source.lists) health.add(source.context, path);
  }
  const onTransitions = once(options.onTransitions);
  const watches = sources.map((source) => watchContext(source, health, { ...options, onTransitions }));
  try {
    await Promise.all(watches);
  } finally {
    stop.abort();
    await Promise.allSettled(watches);
  }
  return health.failing;
}

/** Number of transitions remembered per cluster, to recognize the same ones from another context. */
const REMEMBERED = 16;

/**
 * Removes duplicates: several contexts may show one management cluster, and each transition is reported by the first
 * that sees it.
 */
function once(tell: WatchAllOptions['onTransitions']): WatchAllOptions['onTransitions'] {
  const told = new Map<string, readonly string[]>();
  return async (found) => {
    const fresh = found.filter(({ management, namespace, name, uid, from, to, dated, position, version }) => {
      const place = [management, namespace, name].join('/');
      const key = [uid, from, to, dated === 'observation' ? version : position].join(' ');
      const known = told.get(place) ?? [];
      if (known.includes(key)) return false;
      told.set(place, [...known, key].slice(-REMEMBERED));
      return true;
    });
    if (fresh.length > 0) await tell(fresh);
  };
}

async function watchContext(
  source: WatchSource,
  health: WatchHealth,
  options: WatchAllOptions,
): Promise<void> {
  const watchable = 'error' in source ? await opened(source.context, health, options) : source;
  if (watchable === null) return;
  await Promise.all(watchable.lists.map((list) => watchOne(watchable, list, health, options)));
}

/** Waits until a context can be queried, and opens it; null if the watch was stopped first. */
async function opened(
  context: string,
  health: WatchHealth,
  { stop: { signal }, pause, open }: WatchAllOptions,
): Promise<Watchable | null> {
  for (;;) {
    await pause(LONGEST_PAUSE_MS);
    if (signal.aborted) return null;
    try {
      const watchable = await open(context);
      for (const { path } of watchable.lists) health.add(context, path);
      health.remove(context, OPENING);
      const [first] = watchable.lists;
      if (first) await health.works(context, first.path);
      return watchable;
    } catch (error) {
      if (signal.aborted) return null;
      await failed(error, context, OPENING, health);
    }
  }
}

async function watchOne(
  { context, management, kubectl, last }: Watchable,
  list: Watchable['lists'][number],
  health: WatchHealth,
  options: WatchAllOptions,
): Promise<void> {
  const { stop, now, pause, onTransitions } = options;
  const { signal } = stop;
  const transitions = new Transitions(
    list.items.map(({ cluster }) => cluster),
    now,
    last,
  );
  for (let relist = false; !signal.aborted; relist = true) {
    const onTrouble = (error: KgitError) => health.failed(context, list.path, error, true);
    const onFine = () => health.works(context, list.path);
    try {
      for await (const news of watchList(kubectl, list, { signal, now, relist, pause, onTrouble, onFine })) {
        options.onNews?.(news, { management, context, path: list.path });
        const found = transitions.take(news);
        if (found.length > 0) await onTransitions(found.map((one) => ({ management, ...one })));
      }
    } catch (error) {
      if (signal.aborted) return;
      await failed(error, context, list.path, health);
      await pause(LONGEST_PAUSE_MS);
    }
  }
}

/** Notes a failure. Throws it if no context is left to watch, or if it is not a ClusterError. */
async function failed(error: unknown, context: string, part: string, health: WatchHealth): Promise<void> {
  if (!(error instanceof ClusterError)) throw error;
  await health.failed(context, part, error, part === OPENING && isPassing(error));
  if (health.isHopeless) throw error;
}
