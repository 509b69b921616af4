import type { Watchable } from '../k0rdent/observation.js';
import { type SeenTransition, watchAll } from '../k0rdent/watch.js';
import type { EventWrite } from '../model/operation.js';
import { EndSignals } from './end-signals.js';
import { transitionEvent } from './transition-events.js';
import { TransitionRecorder } from './transition-recorder.js';

export interface WatchStatus {
  readonly watchable: readonly Watchable[];
  /** Ends the watch. */
  readonly stop: AbortController;
  readonly now: () => number;
  readonly print: (found: readonly SeenTransition[]) => Promise<void>;
  readonly note: (message: string) => void;
  /** Writes events; null where nothing is recorded. */
  readonly write: ((events: readonly EventWrite[]) => Promise<void>) | null;
  /** Identities of the management clusters, as the repository records them. */
  readonly identities: ReadonlyMap<string, string | null>;
}

/** Watches until a signal ends it, which is then written to its end. Throws ClusterError, and what a write fails with. */
export async function watchStatus(options: WatchStatus): Promise<void> {
  const { watchable, stop, now, print, note, write, identities } = options;
  const signals = new EndSignals();
  signals.to(() => stop.abort());
  const record = async (batch: readonly SeenTransition[]) => {
    const events = batch.flatMap((one) => {
      const event = transitionEvent(one, identities.get(one.management) ?? one.identity, now());
      if (event === null) note(`not recorded, for k0rdent gives it no time: ${one.namespace}/${one.name}`);
      return event ?? [];
    });
    if (events.length > 0) await write?.(events);
  };
  const recorder = new TransitionRecorder(record, () => stop.abort());
  try {
    await watchAll(watchable, {
      stop,
      now: () => new Date(now()),
      onTransitions: async (found) => {
        await print(found);
        if (write !== null) recorder.add(found);
      },
      onTrouble: (error) => note(`asked in vain, trying again: ${(error as Error).message}`),
      pause: (ms) => pause(ms, stop.signal),
    });
  } finally {
    await recorder.finish();
    signals.release();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((wake) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      wake();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
