import { useMemo, useRef } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { Run, RunsResult } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { OutcomeBadge } from '../../parts/badge.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { SubjectLink } from '../../parts/subject-link.js';
import { type Column, Table } from '../../parts/table.js';
import { actionWords, oneLine, plain } from '../../parts/text.js';
import { Age, duration, Running, readTime, Time } from '../../parts/time.js';
import { askedFilters, type Filters } from './asked-events.js';
import { NoneFound } from './none-found.js';

const TOPICS: readonly Topic[] = ['change'];
/** As many as the API gives at once. */
const MOST = 1000;

const COLUMNS: readonly Column<Run>[] = [
  {
    key: 'time',
    title: 'Started',
    render: ({ started }) => (
      <>
        <Time at={started} />
        <span class="sub">
          <Age at={started} suffix=" ago" />
        </span>
      </>
    ),
  },
  {
    key: 'action',
    title: 'Run',
    render: ({ action, outcome }) => (
      <>
        <span class="one-line">{actionWords(action)}</span>
        <OutcomeBadge outcome={outcome === 'started' ? 'running' : outcome} />
      </>
    ),
  },
  { key: 'subject', title: 'Subject', render: ({ subject }) => <SubjectLink subject={subject} /> },
  { key: 'user', title: 'User', render: ({ user }) => <span class="one-line">{oneLine(user ?? '')}</span> },
  { key: 'duration', title: 'Duration', render: (run) => <Took run={run} /> },
  {
    key: 'run',
    title: 'Run id',
    render: ({ runId }) => (
      <a
        class="one-line mono"
        href={`/timeline?run=${encodeURIComponent(runId)}`}
        title={`Events of ${oneLine(runId)}`}
      >
        {oneLine(runId)}
      </a>
    ),
  },
];
const runKey = ({ runId, startEvent }: Run) => `${runId} ${startEvent}`;

function Took({ run: { started, ended, durationSeconds } }: { readonly run: Run }) {
  const since = readTime(started);
  if (ended !== null)
    return (
      <>
        {durationSeconds !== null && <span class="number">{duration(durationSeconds)}</span>}
        <span class="sub">
          until <Time at={ended} />
        </span>
      </>
    );
  return since === null ? null : (
    <span class="text-busy">
      for <Running since={since} />
    </span>
  );
}

/** The runs that pass the filters, the newest first. */
export function Runs({ filters: { query, areOld } }: { readonly filters: Filters }) {
  const asked = askedFilters(query, 'q');
  const { data, failure } = useResource(
    'RunsResult',
    `/api/v1/runs?limit=${MOST}${asked === '' ? '' : `&${asked}`}`,
    TOPICS,
  );
  // What was shown stays until there is an answer for other filters.
  const last = useRef<RunsResult | null>(null);
  if (data) last.current = data;
  const shown = data ?? last.current;
  const text = (query.get('q') ?? '').toLowerCase();
  const rows = useMemo(
    () => (shown?.runs ?? []).filter((run) => hasText(run, text)).reverse(),
    [shown, text],
  );
  if (failure && !data)
    return failure.status === 400 || failure.status === 404 ? (
      <NoneFound title={plain(failure.message)} />
    ) : (
      <Failure failure={failure} />
    );
  if (!shown) return <Skeleton rows={12} />;
  if (rows.length === 0)
    return query.size > 0 ? (
      <NoneFound title="No run passes these filters." />
    ) : (
      <Empty title="No run is recorded.">
        <p>
          A run begins with an event “started” that has a run_id: <code>kgit run</code> writes it, and
          pipelines do.
        </p>
      </Empty>
    );
  return (
    <div aria-busy={data === null || areOld}>
      <Table label="Runs" columns={COLUMNS} rows={rows} keyOf={runKey} classOf={() => 'event-row'} />
      {!shown.complete && <p class="more muted">The server does not hold the oldest events.</p>}
    </div>
  );
}

function hasText({ runId, subject, action, user }: Run, text: string): boolean {
  return [runId, subject, action, user].some((one) => one?.toLowerCase().includes(text));
}
