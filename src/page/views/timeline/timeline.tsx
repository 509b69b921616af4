import { useResource } from '../../api/resource.js';
import type { EventDocument } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { type Column, Table } from '../../parts/table.js';
import { actionWords, oneLine } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { useTitle } from '../../shell/use-title.js';

const TOPICS: readonly Topic[] = ['change'];

const COLUMNS: readonly Column<EventDocument>[] = [
  { key: 'time', title: 'Time', render: ({ timestamp }) => <Time at={timestamp} /> },
  { key: 'action', title: 'Event', render: ({ action }) => actionWords(action) },
  { key: 'subject', title: 'Subject', render: ({ subject }) => oneLine(subject) },
  { key: 'outcome', title: 'Outcome', render: ({ outcome }) => oneLine(outcome ?? '') },
  { key: 'user', title: 'User', render: ({ user }) => oneLine(user ?? '') },
];
const eventKey = ({ subject, id }: EventDocument) => `${subject} ${id}`;

/** All events, newest first. */
export function Timeline() {
  useTitle('Timeline');
  const { data, failure } = useResource('LogResult', '/api/v1/events', TOPICS);
  if (!data) return failure ? <Failure failure={failure} /> : <Skeleton rows={10} />;
  return (
    <>
      <h1>Timeline</h1>
      {data.events.length > 0 ? (
        <Table label="Events" columns={COLUMNS} rows={[...data.events].reverse()} keyOf={eventKey} />
      ) : (
        <Empty title="No event is recorded." />
      )}
    </>
  );
}
