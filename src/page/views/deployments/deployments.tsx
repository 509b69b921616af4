import { useMemo } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { ListResult } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { OutcomeBadge } from '../../parts/badge.js';
import { FilterBar, Search } from '../../parts/filter-bar.js';
import { Empty, Failure, Skeleton } from '../../parts/notes.js';
import { type Column, Table } from '../../parts/table.js';
import { actionWords, counted, oneLine } from '../../parts/text.js';
import { Age } from '../../parts/time.js';
import { useTitle } from '../../shell/use-title.js';
import { pathOf, setQuery, usePlace } from '../../state/router.js';
import { gistOf } from '../timeline/gist.js';

const TOPICS: readonly Topic[] = ['change'];
const PREFIX = 'deployment/';

type Item = ListResult['items'][number];
const idOf = ({ subject }: Item) => subject.slice(PREFIX.length);

const COLUMNS: readonly Column<Item>[] = [
  {
    key: 'subject',
    title: 'Deployment',
    render: (item) => (
      <>
        <a class="row-link" href={pathOf('deployments', idOf(item))}>
          {oneLine(idOf(item))}
        </a>
        <span class="sub">{counted(item.events, 'event')}</span>
      </>
    ),
  },
  {
    key: 'action',
    title: 'Last event',
    render: ({ lastEvent }) =>
      lastEvent && (
        <>
          <span class="one-line">{actionWords(lastEvent.action)}</span>
          {lastEvent.outcome !== undefined && <OutcomeBadge outcome={lastEvent.outcome} />}
        </>
      ),
  },
  {
    key: 'time',
    title: 'When',
    render: ({ lastEvent }) =>
      lastEvent && (
        <>
          <Age at={lastEvent.timestamp} suffix=" ago" />
          {lastEvent.user && <span class="sub">by {oneLine(lastEvent.user)}</span>}
        </>
      ),
  },
  {
    key: 'gist',
    title: 'What',
    render: ({ lastEvent }) => {
      const gist = lastEvent ? gistOf(lastEvent) : '';
      return (
        <span class="why-text" title={gist}>
          {gist}
        </span>
      );
    },
  },
];
const itemKey = ({ subject }: Item) => subject;

/** Newest event first; those without one at the end, by name. */
function byLastEvent(a: Item, b: Item): number {
  const [left, right] = [a, b].map(({ lastEvent }) => Date.parse(lastEvent?.timestamp ?? '') || 0);
  return (right ?? 0) - (left ?? 0) || (a.subject < b.subject ? -1 : 1);
}

/** The deployments of the repository, the last changed first. */
export function Deployments() {
  useTitle('Deployments');
  const { query } = usePlace();
  const text = query.get('q') ?? '';
  const { data, failure } = useResource('ListResult', '/api/v1/subjects', TOPICS);
  const all = useMemo(
    () => data?.items.filter(({ subject }) => subject.startsWith(PREFIX)).sort(byLastEvent) ?? [],
    [data],
  );
  const shown = useMemo(() => all.filter((item) => hasText(item, text.toLowerCase())), [all, text]);
  return (
    <>
      <h1>Deployments</h1>
      <FilterBar>
        <Search text={text} label="Search deployments" />
        <span class="filter-count" role="status">
          {data && (text === '' ? counted(all.length, 'deployment') : `${shown.length} of ${all.length}`)}
        </span>
      </FilterBar>
      {failure && <Failure failure={failure} />}
      {!data && !failure && <Skeleton rows={10} />}
      {data && all.length === 0 && (
        <Empty title="No deployment is recorded.">
          <p>
            <code>kgit init</code> records the first one.
          </p>
        </Empty>
      )}
      {all.length > 0 && shown.length === 0 && (
        <Empty title="No deployment has this text.">
          <p>
            <button type="button" class="button" onClick={() => setQuery({ q: null })}>
              Clear the search
            </button>
          </p>
        </Empty>
      )}
      {shown.length > 0 && (
        <Table
          label="Deployments"
          columns={COLUMNS}
          rows={shown}
          keyOf={itemKey}
          classOf={() => 'deployment-row'}
        />
      )}
    </>
  );
}

function hasText(item: Item, text: string): boolean {
  const { lastEvent } = item;
  return [idOf(item), lastEvent?.action, lastEvent?.user, lastEvent?.outcome].some((one) =>
    one?.toLowerCase().includes(text),
  );
}
