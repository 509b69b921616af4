import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiFailure, ask } from '../../api/client.js';
import { useResource } from '../../api/resource.js';
import type { EventDocument, LogResult } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';

const TOPICS: readonly Topic[] = ['change'];
const PAGE = 100;
const TIME_LIMIT_MS = 30_000;

interface Pages {
  /** The question that they answer. */
  readonly path: string;
  /** Newest first. */
  readonly events: readonly EventDocument[];
  /** What `before` takes for older ones; null where nothing is left. */
  readonly next: string | null;
}

export interface EventPages {
  /** Newest first; null until the first answer. */
  readonly events: readonly EventDocument[] | null;
  /** Whether they answer an earlier question, because the new one has no answer yet. */
  readonly isOld: boolean;
  readonly hasOlder: boolean;
  /** How many events are left out because they cannot be read. */
  readonly skipped: number;
  /** Why the newest events cannot be had. */
  readonly failure: ApiFailure | null;
  /** Why older events cannot be had. */
  readonly olderFailure: ApiFailure | null;
  /** Asks for the next page of older events. */
  readonly loadOlder: () => void;
}

/** Follows the newest events that pass some filters, and keeps the older ones that were asked for behind them. */
export function useEventPages(filters: string): EventPages {
  const path = `/api/v1/events?limit=${PAGE}${filters === '' ? '' : `&${filters}`}`;
  const { data, failure } = useResource('LogResult', path, TOPICS);
  const [pages, setPages] = useState<Pages | null>(null);
  const [older, setOlder] = useState<{ readonly of: Pages; readonly failure: ApiFailure | null } | null>(
    null,
  );
  useEffect(() => {
    if (data) setPages((now) => withNewest(now, path, data));
  }, [path, data]);
  const loadOlder = useCallback(() => {
    if (!pages || pages.next === null) return;
    setOlder({ of: pages, failure: null });
    ask(
      'LogResult',
      `${pages.path}&before=${encodeURIComponent(pages.next)}`,
      AbortSignal.timeout(TIME_LIMIT_MS),
    ).then(
      (answer) => setPages((now) => withOlder(now, pages, answer)),
      (error: unknown) => {
        const reason =
          error instanceof ApiFailure ? error : new ApiFailure(null, 'The server did not answer.');
        setOlder({ of: pages, failure: reason });
      },
    );
  }, [pages]);
  return {
    events: pages?.events ?? null,
    isOld: pages?.path !== path,
    skipped: data?.skipped?.length ?? 0,
    hasOlder: pages !== null && pages.next !== null,
    failure,
    olderFailure: older?.of === pages ? (older?.failure ?? null) : null,
    loadOlder,
  };
}

const keyOf = ({ subject, id }: EventDocument) => `${subject} ${id}`;

/** Puts the newest page in front of what is kept; keeps nothing if events between the two may be missing. */
function withNewest(now: Pages | null, path: string, { events, next }: LogResult): Pages {
  const newest = [...events].reverse();
  const last = newest.at(-1);
  if (now?.path !== path || last === undefined) return { path, events: newest, next };
  const at = now.events.findIndex((event) => keyOf(event) === keyOf(last));
  if (at < 0 || at === now.events.length - 1) return { path, events: newest, next };
  return { ...now, events: [...newest, ...now.events.slice(at + 1)] };
}

/** Puts a page of older events behind those that it was asked for. */
function withOlder(now: Pages | null, asked: Pages, { events, next }: LogResult): Pages | null {
  if (now?.path !== asked.path || now.next !== asked.next) return now;
  return { ...now, events: [...now.events, ...[...events].reverse()], next };
}
