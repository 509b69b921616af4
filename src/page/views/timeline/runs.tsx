import { useMemo } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { Run } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { OutcomeBadge } from '../../parts/badge.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { SubjectLink } from '../../parts/subject-link.js';
import { type Column, Table } from '../../parts/table.js';
import { actionWords, oneLine } from '../../parts/text.js';
import { Age, duration, Time } from '../../parts/time.js';
import { useAskedEvents } from './asked-events.js';

const TOPICS: readonly Topic[] = ['change'];

const COLUMNS: readonly Column<Run>[] = [
  { key: 'time', title: 'Started', render: ({ started }) => <Time at={started} /> },
  {
    key: 'action',
    title: 'Run',
    render: ({ action, outcome }) => (
      <>
        <span class="one-line">{actionWords(action)}</span>
        <OutcomeBadge outcome={outcome} />
      </>
    ),
  },
  { key: 'subject', title: 'Subject', render: ({ subject }) => <SubjectLink subject={subject} /> },
  { key: 'user', title: 'User', render: ({ user }) => <span class="one-line">{oneLine(user ?? '')}</span> },
  {
    key: 'duration',
    title: 'Duration',
    render: ({ started, durationSeconds }) =>
      durationSeconds === null ? (
        <>
          running for <Age at={started} />
        </>
      ) : (
        duration(durationSeconds)
      ),
  },
  { key: 'run', title: 'Run id', render: ({ runId }) => <span class="one-line mono">{oneLine(runId)}</span> },
];
const runKey = ({ runId, startEvent }: Run) => `${runId} ${startEvent}`;

/** The runs that pass the filters, the newest first. */
export function Runs() {
  const asked = useAskedEvents('run');
  const { data, failure } = useResource('RunsResult', `/api/v1/runs?${asked}`, TOPICS);
  const rows = useMemo(() => [...(data?.runs ?? [])].reverse(), [data]);
  if (!data) return failure ? <Failure failure={failure} /> : <Skeleton rows={12} />;
  if (rows.length === 0)
    return (
      <Empty title="No run passes these filters.">
        <p>Events belong to a run by their run_id: kgit run sets it, and pipelines do.</p>
      </Empty>
    );
  return <Table label="Runs" columns={COLUMNS} rows={rows} keyOf={runKey} classOf={() => 'event-row'} />;
}
