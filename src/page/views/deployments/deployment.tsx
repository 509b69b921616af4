import { useEffect, useRef } from 'preact/hooks';
import { oneLine } from '../../parts/text.js';
import type { ViewProps } from '../../shell/routes.js';
import { useTitle } from '../../shell/use-title.js';
import { onRowKey } from '../../state/keys.js';
import { pathOf } from '../../state/router.js';
import { Comparison } from './comparison.js';
import { Phases } from './phases.js';
import { State } from './state.js';

/** One deployment: its phases, its state with who set each value, and how it differs between two times. */
export function DeploymentView({ names }: ViewProps) {
  const [id = ''] = names;
  useTitle(oneLine(id));
  const place = useRef<HTMLElement>(null);
  useEffect(() => onRowKey((step) => moveFocus(place.current, step)), []);
  const base = `/api/v1${pathOf('deployments', id)}`;
  return (
    <article class="deployment" ref={place}>
      <nav class="crumbs" aria-label="Place">
        <a href="/deployments">Deployments</a>
      </nav>
      <header class="cluster-head">
        <h1>{oneLine(id)}</h1>
        <a class="muted" href={`/timeline?subject=${encodeURIComponent(`deployment/${id}`)}`}>
          Its events
        </a>
      </header>
      <Phases base={base} />
      <div class="columns">
        <div class="column">
          <State base={base} />
        </div>
        <div class="column">
          <Comparison base={base} />
        </div>
      </div>
    </article>
  );
}

/** Focuses the next or the previous phase or value. */
function moveFocus(place: HTMLElement | null, step: 1 | -1): void {
  const rows = [...(place?.querySelectorAll<HTMLElement>('.step-name, summary, .origin') ?? [])].filter(
    (row) => row.tabIndex === 0 && row.offsetParent !== null,
  );
  const at = rows.findIndex((row) => row.matches(':focus'));
  rows[at < 0 ? 0 : at + step]?.focus();
}
