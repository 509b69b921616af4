import { transitionEvent } from '../../../app/observe/transition-events.js';
import { TransitionRecorder } from '../../../app/observe/transition-recorder.js';
import { errorFromJson, type KgitError } from '../../../errors.js';
import type { Observation, Watchable } from '../../../k0rdent/observe/observation.js';
import type { Missed } from '../../../k0rdent/watch/missed-transitions.js';
import { type SeenTransition, type WatchSource, watchAll } from '../../../k0rdent/watch/watch.js';
import type { EventWrite } from '../../../model/operation/operation.js';
import { clusterNameFault } from '../../../model/subject/subject.js';
import type { WatchView } from '../live/watch-view.js';

export interface WatchStatus {
  /** What the watch begins with. */
  readonly first: Observation;
  /** Asks a context that could not be asked before. Throws ClusterError. */
  readonly open: (context: string) => Promise<Observation>;
  readonly view: WatchView;
  /** Ends the watch. */
  readonly stop: AbortController;
  readonly now: () => number;
  readonly note: (message: string) => void;
  /** Null where nothing is recorded. */
  readonly record: Recording | null;
}

interface Recording {
  /** What happened while nobody recorded. */
  readonly missed: (watchable: Watchable) => Promise<Missed>;
  readonly write: (events: readonly EventWrite[]) => Promise<unknown>;
}

/** Who reads a few lines and goes, as head does, is gone so many ms after the first ones. */
const READER_MS = 100;

/**
 * Watches until it is stopped; what is being written then is written to its end. Gives the contexts that could not
 * be watched in the end. Throws ClusterError where none is left to watch, and what a write fails with.
 */
export async function watchStatus(options: WatchStatus): Promise<ReadonlyMap<string, KgitError>> {
  const { first, open, view, stop, now, note, record } = options;
  const recorder =
    record &&
    new TransitionRecorder(
      (batch) => write(batch, record, now, note),
      () => stop.abort(),
    );
  const begin = async (observation: Observation): Promise<Observation> => {
    await view.begin(observation);
    if (record === null) return observation;
    const watchable: Watchable[] = [];
    for (const one of observation.watchable) {
      const { transitions, gone, last } = await record.missed(one);
      watchable.push({ ...one, last });
      for (const place of gone) note(`${place} is gone since nobody knows when: not recorded`);
      if (transitions.length > 0) await view.transitions(transitions, 'missed');
      recorder?.add(transitions);
    }
    return { ...observation, watchable };
  };
  try {
    const begun = await begin(first);
    await pause(READER_MS, stop.signal);
    const sources = sourcesOf(begun);
    const contexts = sources.flatMap((source) => ('error' in source ? [] : [source.context]));
    await view.watching(contexts);
    return await watchAll(sources, {
      stop,
      now: () => new Date(now()),
      open: async (context) => {
        const observation = await begin(await open(context));
        return observation.watchable[0] as Watchable;
      },
      onTransitions: async (found) => {
        await view.transitions(found, 'changed');
        recorder?.add(found);
      },
      onContext: (context, error) => view.context(context, error),
      onNews: (news, of) => view.news(news, of),
      pause: (ms) => pause(ms, stop.signal),
    });
  } finally {
    await recorder?.finish();
  }
}

/** Each context, in the order in which they were asked for. */
function sourcesOf({ contexts, watchable }: Observation): WatchSource[] {
  return contexts.flatMap<WatchSource>(({ context, error }) =>
    error === null
      ? watchable.filter((one) => one.context === context)
      : [{ context, error: errorFromJson(error) }],
  );
}

async function write(
  batch: readonly SeenTransition[],
  { write: publish }: Recording,
  now: () => number,
  note: (message: string) => void,
): Promise<void> {
  const events = batch.flatMap((one) => {
    const fault = clusterNameFault(one.management, one.namespace, one.name);
    if (fault !== null) {
      note(`not recorded, the ClusterDeployment ${one.namespace}/${one.name}: ${fault}`);
      return [];
    }
    const event = transitionEvent(one, now());
    if (event === null)
      note(
        `not recorded: ${one.namespace}/${one.name} has no uid, or its time is before 1970 or in the future`,
      );
    return event ?? [];
  });
  if (events.length > 0) await publish(events);
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
