import { useEffect, useRef } from 'preact/hooks';
import type { EventDocument } from '../../api/results.js';
import { OutcomeBadge } from '../../parts/badge.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { SubjectLink } from '../../parts/subject-link.js';
import { type Column, Table } from '../../parts/table.js';
import { actionWords, counted, oneLine, plain } from '../../parts/text.js';
import { Age, Time } from '../../parts/time.js';
import { askedFilters, type Filters } from './asked-events.js';
import { useEventPages } from './event-pages.js';
import { gistOf } from './gist.js';
import { NoneFound } from './none-found.js';

const COLUMNS: readonly Column<EventDocument>[] = [
  {
    key: 'time',
    title: 'Time',
    render: ({ timestamp }) => (
      <>
        <Time at={timestamp} />
        <span class="sub">
          <Age at={timestamp} suffix=" ago" />
        </span>
      </>
    ),
  },
  {
    key: 'action',
    title: 'Event',
    render: ({ action, outcome }) => (
      <>
        <span class="one-line">{actionWords(action)}</span>
        {outcome !== undefined && <OutcomeBadge outcome={outcome} />}
      </>
    ),
  },
  { key: 'subject', title: 'Subject', render: ({ subject }) => <SubjectLink subject={subject} /> },
  { key: 'user', title: 'User', render: ({ user }) => <span class="one-line">{oneLine(user ?? '')}</span> },
  {
    key: 'gist',
    title: 'What',
    render: (event) => {
      const gist = gistOf(event);
      return (
        <span class="why-text" title={gist}>
          {gist}
        </span>
      );
    },
  },
];
const eventKey = ({ subject, id }: EventDocument) => `${subject} ${id}`;

/** The events that pass the filters, newest first. */
export function Events({ filters: { query, areOld } }: { readonly filters: Filters }) {
  const { events, isOld, hasOlder, skipped, failure, olderFailure, loadOlder } = useEventPages(
    askedFilters(query),
  );
  if (failure && (events === null || isOld))
    return failure.status === 400 || failure.status === 404 ? (
      <NoneFound title={plain(failure.message)} />
    ) : (
      <Failure failure={failure} />
    );
  if (events === null) return <Skeleton rows={12} />;
  if (events.length === 0 && !isOld)
    return query.size > 0 ? (
      <NoneFound title="No event passes these filters." />
    ) : (
      <Empty title="No event is recorded." />
    );
  return (
    <div aria-busy={isOld || areOld}>
      {skipped > 0 && (
        <p class="left-out text-warn">
          {counted(skipped, 'event')} cannot be read and {skipped === 1 ? 'is' : 'are'} left out:{' '}
          <code>kgit verify</code> says which.
        </p>
      )}
      <Table label="Events" columns={COLUMNS} rows={events} keyOf={eventKey} classOf={() => 'event-row'} />
      {hasOlder && <More key={events.length} load={loadOlder} failure={olderFailure?.message ?? null} />}
    </div>
  );
}

interface MoreProps {
  readonly load: () => void;
  /** Why it could not be loaded. */
  readonly failure: string | null;
}

/** Loads older events when it comes near the screen, and again at a click. */
function More({ load, failure }: MoreProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!button.current || failure !== null) return;
    const seen = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) load();
      },
      { rootMargin: '600px' },
    );
    seen.observe(button.current);
    return () => seen.disconnect();
  }, [load, failure]);
  return (
    <p class="more">
      {failure !== null && <span class="text-bad">{plain(failure)}</span>}
      <button ref={button} type="button" class="button" onClick={load}>
        Show older events
      </button>
    </p>
  );
}
