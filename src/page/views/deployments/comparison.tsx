import { useResource } from '../../api/resource.js';
import type { Topic } from '../../api/stream.js';
import { Field } from '../../parts/filter-bar.js';
import { Failure } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { counted } from '../../parts/text.js';
import { usePlace } from '../../state/router.js';
import { useSettled } from '../../state/settled.js';
import { Change } from './change.js';

const TOPICS: readonly Topic[] = ['change'];

/** How the state differs between two times or revisions, which are in the address. */
export function Comparison({ base }: { readonly base: string }) {
  const { query } = usePlace();
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
  const asked = new URLSearchParams();
  if (from !== '') asked.set('from', from);
  if (to !== '') asked.set('to', to);
  const settled = useSettled(asked.toString());
  const { data, failure } = useResource('DiffResult', `${base}/diff${settled && `?${settled}`}`, TOPICS);
  return (
    <Panel
      title={from === '' && to === '' ? 'Last change' : 'Changes between'}
      aside={data && !failure && counted(data.changes.length, 'value')}
    >
      <div class="compare">
        <Field name="from" label="From: 3d, 2026-11-01, revision" value={from} />
        <Field name="to" label="To: now" value={to} />
      </div>
      {failure && <Failure failure={failure} />}
      {!failure && data?.changes.length === 0 && <p class="muted">Nothing differs.</p>}
      {!failure && (
        <ol class="rows">
          {data?.changes.map((change) => (
            <Change key={change.path} change={change} withPath />
          ))}
        </ol>
      )}
    </Panel>
  );
}
