import { useMemo } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { StatusResult } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Choice, FilterBar, Search } from '../../parts/filter-bar.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { Table } from '../../parts/table.js';
import { counted as count, oneLine } from '../../parts/text.js';
import { useTitle } from '../../shell/use-title.js';
import { setQuery, usePlace } from '../../state/router.js';
import { useChangedRows } from './changed-rows.js';
import { FLEET_COLUMNS } from './fleet-columns.js';
import { counted, type FleetRow, fleetRows, isOrder, readFilter, sorted, wanted } from './fleet-rows.js';
import { useHeldOrder } from './held-order.js';
import { Summary } from './summary.js';

const TOPICS: readonly Topic[] = ['fleet', 'change', 'divergence'];
const rowKey = ({ key }: FleetRow) => key;

/** The fleet: a row per cluster, live state beside its record. */
export function Fleet() {
  useTitle('Fleet');
  const { data, failure } = useResource('StatusResult', '/api/v1/status', TOPICS);
  if (!data) return failure ? <Failure failure={failure} /> : <FleetSkeleton />;
  return <FleetOf status={data} />;
}

function FleetSkeleton() {
  return (
    <>
      <div class="summary-space" />
      <Skeleton rows={14} />
    </>
  );
}

function FleetOf({ status }: { readonly status: StatusResult }) {
  const { query } = usePlace();
  const address = query.toString();
  const rows = useMemo(() => fleetRows(status), [status]);
  const hasChanged = useChangedRows(rows);
  const filter = useMemo(() => readFilter(new URLSearchParams(address)), [address]);
  const asked = query.get('sort') ?? '';
  const order = isOrder(asked) ? asked : 'state';
  const inSummary = useMemo(() => counted(rows, filter), [rows, filter]);
  const shown = useMemo(() => sorted(wanted(inSummary, filter), order), [inSummary, filter, order]);
  const held = useHeldOrder(shown, address);
  const managements = useMemo(() => unique(rows.map(({ management }) => management)), [rows]);
  const namespaces = useMemo(
    () =>
      unique(
        rows
          .filter(({ management }) => filter.management === '' || management === filter.management)
          .map(({ namespace }) => namespace),
      ),
    [rows, filter.management],
  );
  return (
    <>
      <h1 class="sr-only">Fleet</h1>
      <Summary rows={inSummary} filter={filter} />
      <FilterBar>
        <Search text={query.get('q') ?? ''} label="Search clusters" />
        <Choice name="management" label="Management" value={filter.management} options={managements} />
        <Choice name="namespace" label="Namespace" value={filter.namespace} options={namespaces} />
        {held.isStale && (
          <button type="button" class="button sort-again" onClick={held.sortAgain}>
            The order has changed: sort again
          </button>
        )}
        <span class="filter-count" role="status">
          {held.rows.length === rows.length
            ? count(rows.length, 'cluster')
            : `${held.rows.length.toLocaleString('en')} of ${count(rows.length, 'cluster')}`}
        </span>
      </FilterBar>
      <Summaries status={status} />
      {held.rows.length > 0 && (
        <Table
          label="Clusters"
          columns={FLEET_COLUMNS}
          rows={held.rows}
          keyOf={rowKey}
          classOf={(row) => `fleet-row${hasChanged(row) ? ' is-changed' : ''}`}
          sort={order}
          onSort={(key) => {
            setQuery({ sort: key === 'state' ? null : key });
            held.sortAgain();
          }}
        />
      )}
      {held.rows.length === 0 && <NoRows isFiltered={rows.length > 0} />}
    </>
  );
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function NoRows({ isFiltered }: { readonly isFiltered: boolean }) {
  if (!isFiltered)
    return (
      <Empty title="No cluster is live or recorded.">
        <p>Clusters appear here when k0rdent has a ClusterDeployment that the server may read.</p>
      </Empty>
    );
  const none = { q: null, state: null, management: null, namespace: null, diverged: null };
  return (
    <Empty title="No cluster passes these filters.">
      <p>
        <button type="button" class="button" onClick={() => setQuery(none)}>
          Clear the filters
        </button>
      </p>
    </Empty>
  );
}

/** Findings that sum up several clusters. */
function Summaries({ status }: { readonly status: StatusResult }) {
  const summaries = status.divergence.filter(({ name }) => name === null);
  return (
    <>
      {summaries.map(({ management, detail, clusters }) => (
        <details key={`${management} ${detail}`} class="summed-up">
          <summary>
            {oneLine(management)}: {oneLine(detail)}
          </summary>
          <p class="mono">{clusters?.map(oneLine).join(', ')}</p>
        </details>
      ))}
    </>
  );
}
