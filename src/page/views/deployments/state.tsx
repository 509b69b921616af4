import { useMemo } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { StateChange } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Search } from '../../parts/filter-bar.js';
import { Failure, Skeleton } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { shownValue } from '../../parts/text.js';
import { entriesOf, Tree } from '../../parts/tree.js';
import { isSecret } from '../../parts/value.js';
import { usePlace } from '../../state/router.js';
import { namesIn } from './state-path.js';
import { Origin } from './value-history.js';

const TOPICS: readonly Topic[] = ['change'];

/**
 * The state of a deployment as a tree that can be searched, and beside each value who set it.
 * @param base path of the deployment in the API
 */
export function State({ base }: { readonly base: string }) {
  const { query } = usePlace();
  const { data, failure } = useResource('GetResult', base, TOPICS);
  const history = useResource('HistoryResult', `${base}/history`, TOPICS);
  const changes = history.data?.changes;
  const lastChanges = useMemo(
    () =>
      new Map<string, StateChange>((changes ?? []).map((change) => [keyOf(namesIn(change.path)), change])),
    [changes],
  );
  const text = query.get('q') ?? '';
  const value = data?.value;
  const shown = useMemo(() => (text === '' ? value : matching(value, text.toLowerCase(), '')), [value, text]);
  const failed = failure ?? history.failure;
  const isKnown = data !== null && (history.data !== null || history.failure !== null);
  return (
    <Panel title="State" aside="who set each value, when and why">
      <div class="state-search">
        <Search text={text} label="Search the state" />
      </div>
      {failed && <Failure failure={failed} />}
      {!isKnown && !failed && <Skeleton rows={8} />}
      {isKnown && entriesOf(value) === null && <p class="muted">The state is empty.</p>}
      {isKnown && entriesOf(value) !== null && entriesOf(shown) === null && (
        <p class="muted">No value has this text in its path or in itself.</p>
      )}
      {isKnown && entriesOf(shown) !== null && (
        <div>
          <Tree
            value={shown}
            open={text === '' ? 2 : Number.POSITIVE_INFINITY}
            beside={(names) => <Origin base={base} names={names} last={lastChanges.get(keyOf(names))} />}
          />
        </div>
      )}
    </Panel>
  );
}

const keyOf = (names: readonly string[]) => names.join('\0');

/** What of a value has a text in its path or in itself; undefined if nothing has. Secrets are not searched. */
function matching(value: unknown, text: string, path: string): unknown {
  if (path.includes(text)) return value;
  const entries = entriesOf(value);
  if (entries === null)
    return !isSecret(value) && shownValue(value).toLowerCase().includes(text) ? value : undefined;
  const found = entries
    .map(([name, inner]) => [name, matching(inner, text, `${path}.${name.toLowerCase()}`)] as const)
    .filter(([, inner]) => inner !== undefined);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
