import { errorFromJson, type KgitError } from '../../errors.js';
import { ofManagement } from '../../k0rdent/management/of-management.js';
import type { Observation, Watchable } from '../../k0rdent/observe/observation.js';
import { type SeenTransition, type WatchSource, watchAll } from '../../k0rdent/watch/watch.js';
import type { WatchNews } from '../../k0rdent/watch/watch-list.js';
import type { BrokenEvents } from '../../model/event/broken-events.js';
import { titleOf } from '../../model/operation/operation.js';
import { type ClusterSubject, clusterNameFault } from '../../model/subject/subject.js';
import type { StateView } from '../../store/port/state-store.js';
import type { ClusterRecord } from '../../store/read/cluster-records.js';
import { pause } from '../pause.js';
import type { Observer, Wanted } from './observer.js';
import { missedSince } from './recorded-states.js';
import { transitionEvent } from './transition-events.js';
import { TransitionRecorder } from './transition-recorder.js';

/** The list that a piece of watch news belongs to. */
export type NewsOf = Pick<Watchable, 'management' | 'context'> & { readonly path: string };

/** Displays what a watch reports. */
export interface WatchView {
  /** Called with the state at the start of the watch of some contexts. */
  begin(observation: Observation): Promise<void>;
  /** Called once the initial state of these contexts was shown. */
  watching(contexts: readonly string[]): Promise<void>;
  transitions(found: readonly SeenTransition[], type: 'changed' | 'missed'): Promise<void>;
  /** Called when a context cannot be watched, and with null when it can again. */
  context(context: string, error: KgitError | null): Promise<void>;
  /** Called with all news of a list, including news that changes no state. */
  news(news: WatchNews, of: NewsOf): void;
}

export interface WatchIntent {
  readonly wanted: Wanted;
  /** Records of the wanted clusters. */
  readonly recorded: readonly ClusterRecord[];
  /** The only cluster to watch; null for all wanted ones. */
  readonly one: ClusterSubject | null;
  /** Whether to record transitions as events. */
  readonly records: boolean;
  /** How to handle events that cannot be read. */
  readonly broken: BrokenEvents;
  readonly view: WatchView;
  /** Ends the watch. */
  readonly stop: AbortController;
}

/** Time in ms within which a short reader, such as `head`, closes the pipe after the first lines. */
const READER_MS = 100;

/**
 * Watches clusters until stopped, then finishes the write in progress. Returns the contexts that could not be watched
 * at the end. Throws ClusterError if no context is left to watch, and the error of a failed write.
 * @param first the observation that the watch starts from
 */
export async function watchClusters(
  observer: Observer,
  first: Observation,
  intent: WatchIntent,
): Promise<ReadonlyMap<string, KgitError>> {
  const { wanted, recorded, one, view, stop, records } = intent;
  const told = [...first.watchable];
  // The record as it was before a context was queried: any difference from it has happened since.
  const before = new Map<string, StateView>();
  const recorder =
    records &&
    new TransitionRecorder(
      (batch) => record(batch, observer),
      () => stop.abort(),
    );
  const missed = async (watchable: Watchable) => {
    const { view: after } = await observer.newest();
    const views = { before: before.get(watchable.context) ?? observer.context.reading.view, after };
    const isWanted = ({ namespace, name }: Pick<ClusterSubject, 'namespace' | 'name'>) =>
      !one || (namespace === one.namespace && name === one.name);
    return missedSince(views, watchable, isWanted, intent.broken, new Date(observer.now()));
  };
  const begin = async (observation: Observation): Promise<Observation> => {
    await view.begin(observation);
    if (!recorder) return observation;
    const watchable: Watchable[] = [];
    for (const each of observation.watchable) {
      const { transitions, gone, last } = await missed(each);
      watchable.push({ ...each, last });
      for (const place of gone) observer.note(`${place} is gone since nobody knows when: not recorded`);
      if (transitions.length > 0) await view.transitions(transitions, 'missed');
      recorder.add(transitions);
    }
    return { ...observation, watchable };
  };
  const open = async (context: string): Promise<Watchable> => {
    if (recorder) before.set(context, (await observer.newest()).view);
    const asked = { ...wanted, contexts: [context], beside: told };
    const seen = await observer.observe(recorded, asked, stop.signal);
    told.push(...seen.watchable);
    const observation = await begin(ofManagement(seen, one));
    return observation.watchable[0] as Watchable;
  };
  try {
    const begun = await begin(first);
    await pause(READER_MS, stop.signal);
    const sources = sourcesOf(begun);
    const contexts = sources.flatMap((source) => ('error' in source ? [] : [source.context]));
    await view.watching(contexts);
    return await watchAll(sources, {
      stop,
      now: () => new Date(observer.now()),
      open,
      onTransitions: async (found) => {
        await view.transitions(found, 'changed');
        if (recorder) recorder.add(found);
      },
      onContext: (context, error) => view.context(context, error),
      onNews: (news, of) => view.news(news, of),
      pause: (ms) => pause(ms, stop.signal),
    });
  } finally {
    if (recorder) await recorder.finish();
  }
}

/** Returns one source per context, in the order in which they were queried. */
function sourcesOf({ contexts, watchable }: Observation): WatchSource[] {
  return contexts.flatMap<WatchSource>(({ context, error }) =>
    error === null
      ? watchable.filter((one) => one.context === context)
      : [{ context, error: errorFromJson(error) }],
  );
}

/** Records transitions as events of one operation; reports those that cannot be recorded. */
async function record(batch: readonly SeenTransition[], observer: Observer): Promise<void> {
  const events = batch.flatMap((one) => {
    const fault = clusterNameFault(one.management, one.namespace, one.name);
    if (fault !== null) {
      observer.note(`not recorded, the ClusterDeployment ${one.namespace}/${one.name}: ${fault}`);
      return [];
    }
    const event = transitionEvent(one, observer.now());
    if (event === null)
      observer.note(
        `not recorded: ${one.namespace}/${one.name} has no uid, or its time is before 1970 or in the future`,
      );
    return event ?? [];
  });
  if (events.length > 0) await observer.write({ title: titleOf(events), events }, false);
}
