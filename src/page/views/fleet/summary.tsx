import { type ShownState, STATE_LOOKS, STATES, stateWords } from '../../parts/badge.js';
import { Icon } from '../../parts/icons.js';
import { setQuery } from '../../state/router.js';
import type { FleetFilter, FleetRow } from './fleet-rows.js';

interface SummaryProps {
  readonly rows: readonly FleetRow[];
  readonly filter: FleetFilter;
}

/** Counts per state, which filter when they are clicked, above a bar of their shares. */
export function Summary({ rows, filter }: SummaryProps) {
  const counts = new Map<ShownState, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  const diverged = rows.filter(({ divergence }) => divergence.length > 0).length;
  const shown = STATES.filter((state) => counts.has(state) || filter.states.has(state));
  const toggle = (state: ShownState) => {
    const states = new Set(filter.states);
    if (!states.delete(state)) states.add(state);
    setQuery({ state: [...states].join(',') });
  };
  return (
    <section class="summary" aria-label="Clusters by state">
      <div class="shares" aria-hidden="true">
        {shown.map((state) => (
          <span
            key={state}
            class={`share tone-${STATE_LOOKS[state].tone}`}
            style={{ flexGrow: counts.get(state) ?? 0 }}
          />
        ))}
      </div>
      <div class="counts">
        <button
          type="button"
          class="count"
          aria-pressed={filter.states.size === 0 && !filter.isDiverged}
          onClick={() => setQuery({ state: null, diverged: null })}
        >
          <span class="count-number">{rows.length.toLocaleString('en')}</span>
          <span class="count-name">All</span>
        </button>
        {shown.map((state) => (
          <button
            key={state}
            type="button"
            class={`count tone-${STATE_LOOKS[state].tone}`}
            aria-pressed={filter.states.has(state)}
            onClick={() => toggle(state)}
          >
            <span class="count-number">{(counts.get(state) ?? 0).toLocaleString('en')}</span>
            <span class="count-name">
              <Icon name={STATE_LOOKS[state].icon} />
              {stateWords(state)}
            </span>
          </button>
        ))}
        <button
          type="button"
          class="count tone-odd count-diverged"
          aria-pressed={filter.isDiverged}
          title="Clusters that differ from their record"
          onClick={() => setQuery({ diverged: filter.isDiverged ? null : '1' })}
        >
          <span class="count-number">{diverged.toLocaleString('en')}</span>
          <span class="count-name">
            <Icon name="split" />
            Diverged
          </span>
        </button>
      </div>
    </section>
  );
}
