import { stream } from '../api/stream.js';
import { Age } from '../parts/time.js';
import { useStore } from '../state/store.js';
import { useServer } from './server-health.js';

const WORDS = { connecting: 'Connecting', open: 'Live', lost: 'Reconnecting' } as const;

/** Says whether the page follows the server, and how old the record is. */
export function LiveMark() {
  const { status } = useStore(stream);
  const { data } = useServer();
  const fetchedAt = data?.health.repository.fetchedAt ?? null;
  return (
    <span class={`live-mark is-${status}`} role="status">
      <span class="live-dot" aria-hidden="true" />
      {WORDS[status]}
      {fetchedAt !== null && (
        <span class="live-age" aria-hidden="true">
          record fetched <Age at={fetchedAt} suffix=" ago" />
        </span>
      )}
    </span>
  );
}
