import type { Detail } from '../../api/results.js';
import { Panel } from '../../parts/panel.js';
import { oneLine, plain } from '../../parts/text.js';

/** The objects that the cluster depends on and is made of. */
export function Around({ related }: { readonly related: NonNullable<Detail['related']> }) {
  if (related.length === 0) return null;
  return (
    <Panel title="Around it">
      <ul class="rows">
        {related.map(({ kind, namespace, name, state, problems }) => (
          <li key={`${kind} ${namespace}/${name}`} class="related">
            <span class="muted">{oneLine(kind)}</span> <span>{oneLine(name)}</span>{' '}
            <span class={problems.length > 0 ? 'text-warn' : 'muted'}>{oneLine(state)}</span>
            {problems.map((problem) => (
              <p key={problem} class="message">
                {plain(problem)}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
