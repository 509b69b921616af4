import { useState } from 'preact/hooks';
import { Choice, Field, FilterBar, Search } from '../../parts/filter-bar.js';
import { Icon } from '../../parts/icons.js';
import { MomentField } from '../../parts/moment-field.js';
import { oneLine } from '../../parts/text.js';
import { useTitle } from '../../shell/use-title.js';
import { setQuery, usePlace } from '../../state/router.js';
import { Activity } from './activity.js';
import { useFilters } from './asked-events.js';
import { Events } from './events.js';
import { Runs } from './runs.js';

const OUTCOMES = ['started', 'succeeded', 'failed'];
const SPANS = ['1h', '1d', '7d', '30d'];
const LISTS = [
  ['', 'Events'],
  ['runs', 'Runs'],
] as const;

/** All events as they happen, with their activity by day; or the runs that they belong to. */
export function Timeline() {
  useTitle('Timeline');
  const { query } = usePlace();
  const filters = useFilters(query);
  const list = query.get('list') === 'runs' ? 'runs' : '';
  const filter = (name: string) => query.get(name) ?? '';
  const since = filter('since');
  // On a narrow screen, filters other than the search are folded.
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <h1 class="sr-only">Timeline</h1>
      <Activity />
      <FilterBar isOpen={isOpen}>
        <div class="lists">
          {LISTS.map(([key, title]) => (
            <button
              key={key}
              type="button"
              aria-pressed={list === key}
              onClick={() => setQuery({ list: key })}
            >
              {title}
            </button>
          ))}
        </div>
        <button
          type="button"
          class="button more-filters"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          Filters
        </button>
        <Search text={filter('q')} label={list === 'runs' ? 'Search runs' : 'Search all fields'} />
        <Field name="subject" label="Subject" value={filter('subject')} />
        <Field name="action" label="Action" value={filter('action')} />
        <Field name="user" label="User" value={filter('user')} />
        <Choice name="outcome" label="Outcome" value={filter('outcome')} options={OUTCOMES} />
        <Choice
          name="since"
          label="Since"
          value={SPANS.includes(since) ? since : ''}
          options={SPANS}
          words={(span) => `${span} ago`}
        />
        <MomentField name="since" label="From" text={SPANS.includes(since) ? '' : since} />
        <MomentField name="until" label="Until" text={filter('until')} />
        {filter('run') !== '' && (
          <button type="button" class="chip" title="Show all runs" onClick={() => setQuery({ run: null })}>
            run {oneLine(filter('run'))}
            <Icon name="close" />
          </button>
        )}
      </FilterBar>
      {list === 'runs' ? <Runs filters={filters} /> : <Events filters={filters} />}
    </>
  );
}
