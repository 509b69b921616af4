import { useResource } from '../../api/resource.js';
import type { Lock } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { type Column, Table } from '../../parts/table.js';
import { oneLine } from '../../parts/text.js';
import { Age, Time } from '../../parts/time.js';
import { useTitle } from '../../shell/use-title.js';

const TOPICS: readonly Topic[] = ['change'];

const COLUMNS: readonly Column<Lock>[] = [
  { key: 'name', title: 'Lock', render: ({ name }) => oneLine(name) },
  { key: 'holder', title: 'Holder', render: ({ holder, host }) => oneLine(`${holder} on ${host}`) },
  { key: 'held', title: 'Held for', render: ({ acquiredAt }) => <Age at={acquiredAt} /> },
  { key: 'until', title: 'Until', render: ({ expiresAt }) => <Time at={expiresAt} /> },
  { key: 'reason', title: 'Reason', render: ({ reason }) => oneLine(reason ?? '') },
];
const lockKey = ({ name }: Lock) => name;

/** The locks and who holds them. */
export function Locks() {
  useTitle('Locks');
  const { data, failure } = useResource('LocksResult', '/api/v1/locks', TOPICS);
  if (!data) return failure ? <Failure failure={failure} /> : <Skeleton rows={6} />;
  return (
    <>
      <h1>Locks</h1>
      {data.locks.length > 0 ? (
        <Table label="Locks" columns={COLUMNS} rows={data.locks} keyOf={lockKey} />
      ) : (
        <Empty title="No lock is held." />
      )}
    </>
  );
}
