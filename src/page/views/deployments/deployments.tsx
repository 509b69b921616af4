import { useResource } from '../../api/resource.js';
import type { ListResult } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { type Column, Table } from '../../parts/table.js';
import { actionWords, oneLine } from '../../parts/text.js';
import { Age } from '../../parts/time.js';
import { useTitle } from '../../shell/use-title.js';
import { pathOf } from '../../state/router.js';

const TOPICS: readonly Topic[] = ['change'];

type Item = ListResult['items'][number];

const idOf = (subject: string) => subject.slice('deployment/'.length);

const COLUMNS: readonly Column<Item>[] = [
  {
    key: 'subject',
    title: 'Deployment',
    render: ({ subject }) => (
      <a class="row-link" href={pathOf('deployments', idOf(subject))}>
        {oneLine(idOf(subject))}
      </a>
    ),
  },
  { key: 'events', title: 'Events', render: ({ events }) => events.toLocaleString('en') },
  {
    key: 'event',
    title: 'Last event',
    render: ({ lastEvent }) =>
      lastEvent && (
        <>
          <span class="one-line">{actionWords(lastEvent.action)}</span>
          <span class="sub">
            <Age at={lastEvent.timestamp} suffix=" ago" />
            {lastEvent.user && <> by {oneLine(lastEvent.user)}</>}
          </span>
        </>
      ),
  },
];
const itemKey = ({ subject }: Item) => subject;

/** The deployments of the repository. */
export function Deployments() {
  useTitle('Deployments');
  const { data, failure } = useResource('ListResult', '/api/v1/subjects', TOPICS);
  if (!data) return failure ? <Failure failure={failure} /> : <Skeleton rows={10} />;
  const deployments = data.items.filter(({ subject }) => subject.startsWith('deployment/'));
  return (
    <>
      <h1 class="view-title">Deployments</h1>
      {deployments.length > 0 ? (
        <Table label="Deployments" columns={COLUMNS} rows={deployments} keyOf={itemKey} />
      ) : (
        <Empty title="No deployment is recorded." />
      )}
    </>
  );
}
