import type { Divergence } from '../../api/results.js';
import { DivergenceBadge } from '../../parts/badge.js';
import { Panel } from '../../parts/panel.js';
import { counted, oneLine, shownValue } from '../../parts/text.js';

/** How the cluster differs from its record, key by key. */
export function Drift({ divergence }: { readonly divergence: readonly Divergence[] }) {
  return (
    <Panel title="Divergence from the record" aside={counted(divergence.length, 'finding')}>
      <ul class="rows">
        {divergence.map((one) => (
          <Finding key={`${one.kind} ${one.path}`} {...one} />
        ))}
      </ul>
    </Panel>
  );
}

function Finding({ kind, detail, path, recorded, live }: Divergence) {
  return (
    <li class="finding">
      <p class="finding-head">
        <DivergenceBadge kind={kind} detail={oneLine(detail)} />
        {path !== undefined && <code class="finding-path">{oneLine(path)}</code>}
      </p>
      {path !== undefined && (
        <dl class="versus">
          <div>
            <dt>Recorded</dt>
            <dd>
              <code>{shownValue(recorded)}</code>
            </dd>
          </div>
          <div>
            <dt>Live</dt>
            <dd>
              <code>{shownValue(live)}</code>
            </dd>
          </div>
        </dl>
      )}
      <p class="message">{oneLine(detail)}</p>
    </li>
  );
}
