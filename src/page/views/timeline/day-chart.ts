import uPlot from 'uplot';
import type { DayOfActivity } from '../../api/results.js';

/** The parts of a day's bar from the bottom up, and their colours. */
const PARTS = [
  { key: 'succeeded', tone: '--good' },
  { key: 'failed', tone: '--bad' },
  { key: 'started', tone: '--busy' },
  { key: 'other', tone: '--quiet' },
] as const;

const HEIGHT_PX = 150;
const DAY_S = 86_400;

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** What the pointer does on the chart. */
interface OnDay {
  /** It is over a day; null: over none. */
  readonly point: (day: DayOfActivity | null) => void;
  /** It was clicked. */
  readonly choose: (day: DayOfActivity) => void;
}

/**
 * Draws the days as stacked bars, again when the theme or the width changes.
 * @returns a function that removes the chart
 */
export function drawDays(place: HTMLElement, days: readonly DayOfActivity[], on: OnDay): () => void {
  let chart = draw(place, days, on);
  const redraw = () => {
    chart.destroy();
    chart = draw(place, days, on);
  };
  const choose = () => {
    const day = dayAt(chart, days);
    if (day) on.choose(day);
  };
  place.addEventListener('click', choose);
  const theme = new MutationObserver(redraw);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  const size = new ResizeObserver(() => {
    if (place.clientWidth > 0) chart.setSize({ width: place.clientWidth, height: HEIGHT_PX });
  });
  size.observe(place);
  return () => {
    theme.disconnect();
    size.disconnect();
    place.removeEventListener('click', choose);
    on.point(null);
    chart.destroy();
  };
}

/** The day under the pointer. */
function dayAt({ cursor, posToVal }: uPlot, days: readonly DayOfActivity[]): DayOfActivity | null {
  if (cursor.left === undefined || cursor.left < 0) return null;
  const at = Math.floor(posToVal(cursor.left, 'x') / DAY_S) * DAY_S * 1000;
  return days.find(({ day }) => Date.parse(day) === at) ?? null;
}

function draw(place: HTMLElement, days: readonly DayOfActivity[], { point }: OnDay): uPlot {
  const times = days.map(({ day }) => Date.parse(day) / 1000);
  const tops: number[][] = [];
  for (const { key } of PARTS) {
    const below = tops.at(-1);
    tops.push(days.map((day, index) => day[key] + (below?.[index] ?? 0)));
  }
  const bars = uPlot.paths.bars?.({ size: [0.7, 24], align: 1 });
  // The highest part is drawn first, so that the lower ones lie over it.
  const layers = PARTS.map(({ tone }, index) => ({ tone, values: tops[index] ?? [] })).reverse();
  const axis = { stroke: colour('--muted'), font: '11px system-ui', ticks: { show: false } };
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
      hooks: { setCursor: [(chart) => point(dayAt(chart, days))] },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
      scales: {
        x: { range: (_, min, max) => [min, max + DAY_S] },
        y: { range: (_chart, _least, max) => [0, Math.max(4, max * 1.05)] },
      },
      axes: [
        {
          ...axis,
          size: 30,
          grid: { show: false },
          values: (_, seconds) => seconds.map((at) => DAY.format(new Date(at * 1000))),
        },
        {
          ...axis,
          size: 36,
          grid: { stroke: colour('--line'), width: 1 },
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
        },
      ],
      series: [
        {},
        ...layers.map(({ tone }) => ({
          fill: colour(tone),
          width: 0,
          points: { show: false },
          ...(bars ? { paths: bars } : {}),
        })),
      ],
    },
    [times, ...layers.map(({ values }) => values)],
    place,
  );
}
