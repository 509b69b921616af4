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
import type { Observer, Wanted } from './observer.js';
import { missedSince } from './recorded-states.js';
import { transitionEvent } from './transition-events.js';
import { TransitionRecorder } from './transition-recorder.js';

/** The list that news of a watch is of. */
export type NewsOf = Pick<Watchable, 'management' | 'context'> & { readonly path: string };

/** Who shows what a watch tells. */
export interface WatchView {
  /** What is there when the watch of some contexts begins. */
  begin(observation: Observation): Promise<void>;
  /** All that is there was told. */
  watching(contexts: readonly string[]): Promise<void>;
  transitions(found: readonly SeenTransition[], type: 'changed' | 'missed'): Promise<void>;
  /** A context cannot be watched, or can again (null). */
  context(context: string, error: KgitError | null): Promise<void>;
  /** All that is told of a list, also what changes no state. */
  news(news: WatchNews, of: NewsOf): void;
}

export interface WatchIntent {
  readonly wanted: Wanted;
  /** What is recorded of the clusters that are wanted. */
  readonly recorded: readonly ClusterRecord[];
  /** The one cluster that is watched; null: all that are wanted. */
  readonly one: ClusterSubject | null;
  /** Whether transitions are recorded as events. */
  readonly records: boolean;
  /** What becomes of events that cannot be read. */
  readonly broken: BrokenEvents;
  readonly view: WatchView;
  /** Ends the watch. */
  readonly stop: AbortController;
}

/** A reader of a few lines, such as head, is gone within so many ms of the first ones. */
const READER_MS = 100;

/**
 * Watches clusters until it is stopped; what is being written then is written to its end. Returns the contexts that could
 * not be watched in the end. Throws ClusterError where none is left to watch, and what a write fails with.
 * @param first the observation that the watch begins with
 */
export async function watchClusters(
  observer: Observer,
  first: Observation,
  intent: WatchIntent,
): Promise<ReadonlyMap<string, KgitError>> {
  const { wanted, recorded, one, view, stop, records } = intent;
  const told = [...first.watchable];
  // What was recorded before a context was asked: what it shows differently has happened since.
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
    before.set(context, (await observer.newest()).view);
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

/** Each context, in the order in which they were asked for. */
function sourcesOf({ contexts, watchable }: Observation): WatchSource[] {
  return contexts.flatMap<WatchSource>(({ context, error }) =>
    error === null
      ? watchable.filter((one) => one.context === context)
      : [{ context, error: errorFromJson(error) }],
  );
}

/** Records transitions as events of one operation; tells of those that cannot be. */
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
