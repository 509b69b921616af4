import { useEffect, useRef, useState } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { DayOfActivity } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Failure } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { counted } from '../../parts/text.js';
import { setQuery } from '../../state/router.js';

const TOPICS: readonly Topic[] = ['change'];
const DAYS = 90;
const DAY_MS = 86_400_000;

const LEGEND = [
  ['good', 'succeeded', 'succeeded'],
  ['bad', 'failed', 'failed'],
  ['busy', 'started', 'started'],
  ['quiet', 'other', 'no outcome'],
] as const;

/** How many events there were on each day, by outcome; a click on a day shows its events. */
export function Activity() {
  const { data, failure } = useResource('ActivityResult', `/api/v1/activity?days=${DAYS}`, TOPICS);
  const [pointed, point] = useState<DayOfActivity | null>(null);
  const days = data?.days ?? [];
  const sum = (key: 'events' | 'failed') => days.reduce((total, day) => total + day[key], 0);
  const words = `${counted(sum('events'), 'event')} in ${DAYS} days, ${sum('failed').toLocaleString('en')} failed`;
  return (
    <Panel title="Activity" aside={pointed ? `${pointed.day}: ${dayWords(pointed)}` : data ? words : ''}>
      {failure && !data && <Failure failure={failure} />}
      <Chart days={days} point={point} />
      <p class="legend">
        {LEGEND.map(([tone, key, name]) => (
          <span key={key} class={`tone-${tone}`}>
            {name}
          </span>
        ))}
        <span class="legend-zone">
          {data?.complete === false && 'the oldest events are not counted; '}days in UTC
        </span>
      </p>
      <DayTable days={days} />
    </Panel>
  );
}

function dayWords(day: DayOfActivity): string {
  const parts = LEGEND.flatMap(([, key, name]) =>
    day[key] > 0 ? [`${day[key].toLocaleString('en')} ${name}`] : [],
  );
  return parts.length > 0 ? parts.join(', ') : 'no events';
}

interface ChartProps {
  readonly days: readonly DayOfActivity[];
  readonly point: (day: DayOfActivity | null) => void;
}

/** The chart for the eye; its code is loaded when it is shown first. */
function Chart({ days, point }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element || days.length === 0) return;
    let end: (() => void) | null = null;
    let isShown = true;
    void import('./day-chart.js').then(({ drawDays }) => {
      if (isShown) end = drawDays(element, days, { point, choose: chooseDay });
    });
    return () => {
      isShown = false;
      end?.();
    };
  }, [days, point]);
  return <div ref={place} class="chart" aria-hidden="true" />;
}

function chooseDay({ day }: DayOfActivity): void {
  const start = Date.parse(day);
  setQuery({
    since: `${day}T00:00:00Z`,
    until: `${new Date(start + DAY_MS).toISOString().slice(0, 10)}T00:00:00Z`,
  });
}

/** The same numbers for screen readers. */
function DayTable({ days }: { readonly days: readonly DayOfActivity[] }) {
  return (
    <div class="sr-only">
      <table>
        <caption>Events by day in UTC; days without events are left out</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            {LEGEND.map(([, key, name]) => (
              <th key={key} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days
            .filter(({ events }) => events > 0)
            .map((day) => (
              <tr key={day.day}>
                <th scope="row">{day.day}</th>
                {LEGEND.map(([, key]) => (
                  <td key={key}>{day[key]}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
