import { useEffect } from 'preact/hooks';
import { createStore, type Store, useStore } from '../state/store.js';
import { ApiFailure, ask } from './client.js';
import type { Kind, Results } from './results.js';
import { onNews, type Topic } from './stream.js';

/** What is known of a document: the last answer stays while a newer one is asked for or cannot be had. */
export interface Resource<T> {
  readonly data: T | null;
  /** Why the last question failed; null if it did not. */
  readonly failure: ApiFailure | null;
}

/** News in a burst cause one question in this time. */
const PAUSE_MS = 500;
/** A question that failed is asked again after this time, as long as its answer is shown. */
const AGAIN_MS = 5000;
const TIME_LIMIT_MS = 30_000;

/** One document of the server, asked for again on demand. */
class Asked<K extends Kind> {
  readonly store: Store<Resource<Results[K]>> = createStore({ data: null, failure: null });
  /** Whether the last question got no answer, also if that is not worth a message yet. */
  isOpen = false;
  private isAsking = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isWanted = false;
  private nextAt = 0;

  constructor(
    private readonly kind: K,
    private readonly path: string,
  ) {}

  /** Asks again, at once or when the pause is over; several calls in a row are one question. */
  refresh(): void {
    this.isWanted = true;
    if (this.isAsking || this.timer !== null) return;
    this.timer = setTimeout(() => void this.question(), Math.max(0, this.nextAt - Date.now()));
  }

  private async question(): Promise<void> {
    this.timer = null;
    this.isWanted = false;
    this.isAsking = true;
    this.nextAt = Date.now() + PAUSE_MS;
    const before = this.store.get();
    try {
      const data = await ask(this.kind, this.path, AbortSignal.timeout(TIME_LIMIT_MS));
      this.isOpen = false;
      if (data !== before.data || before.failure) this.store.set({ data, failure: null });
    } catch (error) {
      const failure = failureOf(error);
      this.isOpen = true;
      // The view goes on waiting for what the server is still preparing.
      this.store.set({ data: before.data, failure: failure.isPreparing ? null : failure });
    }
    this.isAsking = false;
    if (this.isWanted) this.refresh();
  }
}

function failureOf(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  if (error instanceof DOMException) return new ApiFailure(null, 'The kgit server takes too long to answer.');
  throw error;
}

/** Documents by path, so that going back shows at once what was there. */
const documents: { readonly [K in Kind]: Map<string, Asked<K>> } = {
  ActivityResult: new Map(),
  DiffResult: new Map(),
  GetResult: new Map(),
  HistoryResult: new Map(),
  PhaseResult: new Map(),
  ListResult: new Map(),
  LocksResult: new Map(),
  OutboxResult: new Map(),
  ProposalsResult: new Map(),
  StatusResult: new Map(),
  LogResult: new Map(),
  RunsResult: new Map(),
  ServerResult: new Map(),
};

function documentAt<K extends Kind>(kind: K, path: string): Asked<K> {
  const known: Map<string, Asked<K>> = documents[kind];
  const one = known.get(path) ?? new Asked(kind, path);
  known.delete(path);
  known.set(path, one);
  const [oldest] = known.keys();
  if (known.size > MOST_KEPT && oldest !== undefined) known.delete(oldest);
  return one;
}
const MOST_KEPT = 20;

/**
 * Follows a document: asks for it now, after news of these topics, and again if it could not be had.
 * @param topics what changes it; a constant of the module, so that following does not begin anew
 */
export function useResource<K extends Kind>(
  kind: K,
  path: string,
  topics: readonly Topic[],
): Resource<Results[K]> {
  const asked = documentAt(kind, path);
  useEffect(() => {
    asked.refresh();
    const timer = setInterval(() => {
      if (asked.isOpen) asked.refresh();
    }, AGAIN_MS);
    const end = onNews((topic) => {
      if (topic === 'reset' || topics.includes(topic)) asked.refresh();
    });
    return () => {
      clearInterval(timer);
      end();
    };
  }, [asked, topics]);
  return useStore(asked.store);
}
