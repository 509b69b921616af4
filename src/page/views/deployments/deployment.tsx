import { useMemo } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { StateChange } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Failure, Skeleton } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { oneLine } from '../../parts/text.js';
import type { ViewProps } from '../../shell/routes.js';
import { useTitle } from '../../shell/use-title.js';
import { pathOf } from '../../state/router.js';
import { Comparison } from './comparison.js';
import { Phases } from './phases.js';
import { StateTree } from './state-tree.js';

const TOPICS: readonly Topic[] = ['change'];

/** One deployment: its phases, its state with who set each value, and how it differs between two times. */
export function DeploymentView({ names }: ViewProps) {
  const [id = ''] = names;
  useTitle(oneLine(id));
  const base = `/api/v1${pathOf('deployments', id)}`;
  const state = useResource('GetResult', base, TOPICS);
  const phases = useResource('PhaseResult', `${base}/phases`, TOPICS);
  const history = useResource('HistoryResult', `${base}/history`, TOPICS);
  const changes = history.data?.changes;
  const lastChanges = useMemo(
    () => new Map<string, StateChange>((changes ?? []).map((change) => [change.path, change])),
    [changes],
  );
  const failure = state.failure ?? phases.failure;
  return (
    <article class="deployment">
      <nav class="crumbs" aria-label="Place">
        <a href="/deployments">Deployments</a>
      </nav>
      <header class="cluster-head">
        <h1>{oneLine(id)}</h1>
        <a class="muted" href={`/timeline?subject=${encodeURIComponent(`deployment/${id}`)}`}>
          Its events
        </a>
      </header>
      {failure && <Failure failure={failure} />}
      {(!state.data || !phases.data) && !failure && <Skeleton rows={10} />}
      {phases.data && <Phases phases={phases.data.phases} changes={lastChanges} />}
      {state.data && (
        <div class="columns">
          <div class="column">
            <Panel title="State" aside="who set each value; secrets are masked">
              <StateTree value={state.data.value} changes={lastChanges} base={base} />
            </Panel>
          </div>
          <div class="column">
            <Comparison base={base} />
          </div>
        </div>
      )}
    </article>
  );
}
