import type { BrokenEvents } from '../../model/event/broken-events.js';
import { maskedEvent } from '../../model/event/masked-event.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { maskedRow } from '../../review/masked-row.js';
import { type PublishedChange, publishedChange } from '../../review/published-change.js';
import type { Backend } from '../../store/port/backend.js';
import type { Revision } from '../../store/port/state-store.js';
import { type FollowOptions, followChanges, whenThere } from '../../store/read/follow-changes.js';
import { type WatchFilter, wantedOf } from './watch-filter.js';

export interface WatchQuery {
  /** Begins behind this revision; null for the first of all. */
  readonly after: Revision | null;
  readonly filter: WatchFilter;
}

export interface Watching extends FollowOptions {
  /** How to handle events and states that cannot be read. */
  readonly broken: BrokenEvents;
}

/**
 * Yields what each revision published, once and in order, until it is ended; what is not wanted is left out, and what
 * looks secret is masked. Throws as `followChanges` does.
 */
export async function* watchChanges(
  store: Pick<Backend, 'changes' | 'view'>,
  { after, filter }: WatchQuery,
  { broken, ...options }: Watching,
): AsyncGenerator<PublishedChange> {
  for await (const change of followChanges(store, after, options)) {
    const published = await whenThere(() => publishedChange(store, change, broken), options);
    if (published === null) return;
    const wanted = wantedOf(published, filter);
    if (wanted) yield withoutSecrets(wanted);
  }
}

function withoutSecrets(change: PublishedChange): PublishedChange {
  return {
    ...change,
    title: maskSecrets(change.title),
    events: change.events.map(({ subject, event }) => ({ subject, event: maskedEvent(event) })),
    changes: change.changes.map(maskedRow),
  };
}
