import { useResource } from '../../api/resource.js';
import type { Topic } from '../../api/stream.js';
import { MomentField } from '../../parts/moment-field.js';
import { Skeleton } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { counted, plain } from '../../parts/text.js';
import { setQuery, usePlace } from '../../state/router.js';
import { Change } from './change.js';

const TOPICS: readonly Topic[] = ['change'];

const SPANS = [
  ['', 'Last change'],
  ['1d', '1 day'],
  ['7d', '7 days'],
  ['30d', '30 days'],
] as const;

/**
 * How the state differs between two times or revisions, which are in the address.
 * @param base path of the deployment in the API
 */
export function Comparison({ base }: { readonly base: string }) {
  const { query } = usePlace();
  const from = query.get('from') ?? '';
  // The API compares with the last change where nothing says from when on.
  const to = from === '' ? '' : (query.get('to') ?? '');
  const asked = new URLSearchParams();
  if (from !== '') asked.set('from', from);
  if (to !== '') asked.set('to', to);
  const { data, failure } = useResource(
    'DiffResult',
    `${base}/diff${asked.size > 0 ? `?${asked}` : ''}`,
    TOPICS,
  );
  const isSpan = SPANS.some(([span]) => span === from);
  return (
    <Panel title="Changes" aside={data && !failure && counted(data.changes.length, 'value')}>
      <search class="compare" aria-label="Times to compare">
        <div class="lists">
          {SPANS.map(([span, title]) => (
            <button
              key={span}
              type="button"
              aria-pressed={from === span && to === ''}
              onClick={() => setQuery({ from: span, to: null })}
            >
              {title}
            </button>
          ))}
        </div>
        <MomentField name="from" label="From" text={isSpan ? '' : from} />
        {from !== '' && <MomentField name="to" label="To" text={to} />}
      </search>
      {failure && (
        <p class="text-warn" role="alert">
          {plain(failure.message)}
        </p>
      )}
      {!data && !failure && <Skeleton rows={3} />}
      {!failure && data?.changes.length === 0 && (
        <p class="muted">
          {from === '' ? 'The state was never changed.' : 'The state is the same at both times.'}
        </p>
      )}
      {!failure && data && data.changes.length > 0 && (
        <ol class="rows">
          {data.changes.map((change) => (
            <Change key={change.path} change={change} withPath />
          ))}
        </ol>
      )}
    </Panel>
  );
}
