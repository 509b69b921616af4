import { Choice, Field, FilterBar, Search } from '../../parts/filter-bar.js';
import { useTitle } from '../../shell/use-title.js';
import { setQuery, usePlace } from '../../state/router.js';
import { Activity } from './activity.js';
import { Events } from './events.js';
import { Runs } from './runs.js';

const OUTCOMES = ['started', 'succeeded', 'failed'];
const LISTS = [
  ['', 'Events'],
  ['runs', 'Runs'],
] as const;

/** All events as they happen, with their activity by day; or the runs that they belong to. */
export function Timeline() {
  useTitle('Timeline');
  const { query } = usePlace();
  const list = query.get('list') === 'runs' ? 'runs' : '';
  const filter = (name: string) => query.get(name) ?? '';
  return (
    <>
      <h1 class="sr-only">Timeline</h1>
      <Activity />
      <FilterBar>
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
        <Search text={filter('q')} label={list === 'runs' ? 'Run id' : 'Search all fields'} />
        <Field name="subject" label="Subject" value={filter('subject')} />
        <Field name="action" label="Action" value={filter('action')} />
        <Field name="user" label="User" value={filter('user')} />
        <Choice name="outcome" label="Outcome" value={filter('outcome')} options={OUTCOMES} />
      </FilterBar>
      {list === 'runs' ? <Runs /> : <Events />}
    </>
  );
}
