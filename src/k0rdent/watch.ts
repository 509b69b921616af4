import type { Watchable } from './observation.js';
import { type Transition, Transitions } from './transitions.js';
import { type WatchOptions, watchList } from './watch-list.js';

/** A transition, and the management cluster that it was seen in. */
export interface SeenTransition extends Transition {
  readonly management: string;
  readonly identity: string;
}

export interface WatchAllOptions extends Omit<WatchOptions, 'signal'> {
  /** Ends the watch. */
  readonly stop: AbortController;
  readonly now: () => Date;
  /** Told of each transition once, in the order of each list. */
  readonly onTransitions: (found: readonly SeenTransition[]) => Promise<void>;
}

/**
 * Watches lists from where they were read, until it is stopped. Throws ClusterError where one of them cannot be
 * watched any more; the others end with it, for half a watch would look like a whole one.
 */
export async function watchAll(watchable: readonly Watchable[], options: WatchAllOptions): Promise<void> {
  const { stop, now, onTransitions } = options;
  const watches = watchable.flatMap(({ management, identity, kubectl, lists }) =>
    lists.map(async (list) => {
      const transitions = new Transitions(
        list.items.map(({ cluster }) => cluster),
        now,
      );
      for await (const news of watchList(kubectl, list, { ...options, signal: stop.signal })) {
        const found = transitions.take(news);
        if (found.length > 0) await onTransitions(found.map((one) => ({ management, identity, ...one })));
      }
    }),
  );
  try {
    await Promise.all(watches);
  } finally {
    stop.abort();
    await Promise.allSettled(watches);
  }
}
