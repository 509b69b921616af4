import { useEffect, useRef } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { DayOfActivity } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Failure } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { counted } from '../../parts/text.js';

const TOPICS: readonly Topic[] = ['change'];
const DAYS = 90;

/** How many events there were on each day, by outcome. */
export function Activity() {
  const { data, failure } = useResource('ActivityResult', `/api/v1/activity?days=${DAYS}`, TOPICS);
  const days = data?.days ?? [];
  const sum = (key: 'events' | 'failed') => days.reduce((total, day) => total + day[key], 0);
  const words = `${counted(sum('events'), 'event')} in ${DAYS} days, ${sum('failed').toLocaleString('en')} failed`;
  return (
    <Panel title="Activity" aside={data ? words : ''}>
      {failure && !data && <Failure failure={failure} />}
      <Chart days={days} label={data ? words : 'Activity by day'} />
      <p class="legend">
        {[
          ['good', 'succeeded'],
          ['bad', 'failed'],
          ['busy', 'started'],
          ['quiet', 'no outcome'],
        ].map(([tone, name]) => (
          <span key={tone} class={`tone-${tone}`}>
            {name}
          </span>
        ))}
        <span class="legend-zone">days in UTC</span>
      </p>
    </Panel>
  );
}

function Chart({ days, label }: { readonly days: readonly DayOfActivity[]; readonly label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element || days.length === 0) return;
    let end: (() => void) | null = null;
    let isShown = true;
    void import('./day-chart.js').then(({ drawDays }) => {
      if (isShown) end = drawDays(element, days);
    });
    return () => {
      isShown = false;
      end?.();
    };
  }, [days]);
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}
