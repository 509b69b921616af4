import { useMemo, useState } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { EventDocument } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { OutcomeBadge } from '../../parts/badge.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { SubjectLink } from '../../parts/subject-link.js';
import { type Column, Table } from '../../parts/table.js';
import { actionWords, oneLine } from '../../parts/text.js';
import { Age, Time } from '../../parts/time.js';
import { useAskedEvents } from './asked-events.js';
import { gistOf } from './gist.js';

const TOPICS: readonly Topic[] = ['change'];
const PAGE = 100;
/** As many as the API gives at once. */
const MOST = 1000;

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
export function Events() {
  const asked = useAskedEvents('grep');
  const [limit, setLimit] = useState(PAGE);
  asked.set('limit', String(limit));
  const { data, failure } = useResource('LogResult', `/api/v1/events?${asked}`, TOPICS);
  const rows = useMemo(() => [...(data?.events ?? [])].reverse(), [data]);
  if (!data) return failure ? <Failure failure={failure} /> : <Skeleton rows={12} />;
  if (rows.length === 0) return <Empty title="No event passes these filters." />;
  return (
    <>
      <Table label="Events" columns={COLUMNS} rows={rows} keyOf={eventKey} classOf={() => 'event-row'} />
      {data.next !== null && (
        <p class="more">
          {limit < MOST ? (
            <button type="button" class="button" onClick={() => setLimit(Math.min(MOST, limit + 3 * PAGE))}>
              Show older events
            </button>
          ) : (
            <span class="muted">There are older events: narrow the filters to see them.</span>
          )}
        </p>
      )}
    </>
  );
}
