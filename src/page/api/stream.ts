import { createStore } from '../state/store.js';

/** News of the server. `reset`: some may have been missed, so everything has to be asked for anew. */
export const TOPICS = ['change', 'transition', 'divergence', 'outbox', 'fleet', 'server', 'reset'] as const;
export type Topic = (typeof TOPICS)[number];

/** The connection to the server, and since when (ms since the epoch, this machine's clock) it is in that state. */
export interface StreamState {
  readonly status: 'connecting' | 'open' | 'lost';
  readonly since: number;
}

export const stream = createStore<StreamState>({ status: 'connecting', since: Date.now() });

type Listener = (topic: Topic) => void;
const listeners = new Set<Listener>();

/** Calls `listener` for each piece of news. Returns a function that ends this. */
export function onNews(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function tell(topic: Topic): void {
  for (const listener of [...listeners]) listener(topic);
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/**
 * Connects, and connects again whenever the connection ends, behind the last event that was seen. EventSource would do
 * so by itself, but gives up for good after an answer other than 200, such as that of a proxy whose server restarts.
 */
export function startStream(): void {
  let lastId: string | null = null;
  let wait = FIRST_WAIT_MS;
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const connect = () => {
    timer = undefined;
    source = new EventSource(
      `/api/v1/stream${lastId === null ? '' : `?after=${encodeURIComponent(lastId)}`}`,
    );
    source.addEventListener('open', () => {
      wait = FIRST_WAIT_MS;
      stream.set({ status: 'open', since: Date.now() });
      // Hints are never replayed, so one that fell into the gap would be missed.
      tell('reset');
    });
    source.addEventListener('hello', note);
    for (const topic of TOPICS)
      source.addEventListener(topic, (event) => {
        note(event);
        tell(topic);
      });
    source.addEventListener('error', reconnect);
  };
  const note = ({ lastEventId }: MessageEvent) => {
    if (lastEventId !== '') lastId = lastEventId;
  };
  const reconnect = () => {
    source.close();
    if (stream.get().status !== 'lost') stream.set({ status: 'lost', since: Date.now() });
    // Many pages must not come back at the same moment.
    timer = setTimeout(connect, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };
  connect();
  addEventListener('online', () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    connect();
  });
}
