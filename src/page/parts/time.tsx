import { clock, useEachSecond } from '../state/clock.js';
import { useSelected } from '../state/store.js';

const LOCAL = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const LOCAL_OTHER_YEAR = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** `29 Nov, 21:56:23` by the clock of the reader. */
export function localTime(time: number): string {
  const isThisYear = new Date(time).getFullYear() === new Date(clock.get()).getFullYear();
  return (isThisYear ? LOCAL : LOCAL_OTHER_YEAR).format(time);
}

/** `2026-11-29 21:56:23 UTC`. */
export function utcTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [365 * 86_400_000, 'y'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
];

/** `5m`, `2h`, `84d`: the largest unit alone, as the command line writes ages. */
export function span(ms: number): string {
  const [size, unit] = UNITS.find(([size]) => ms >= size) ?? [1000, 's'];
  return `${Math.max(0, Math.floor(ms / size))}${unit}`;
}

/** ms since the epoch of a time in a document; null if it is none. */
export function readTime(at: string | number | null | undefined): number | null {
  const time = typeof at === 'string' ? Date.parse(at) : (at ?? Number.NaN);
  return Number.isNaN(time) ? null : time;
}

interface TimeProps {
  readonly at: string | number | null | undefined;
}

/** A time by the reader's clock; UTC when pointed at. */
export function Time({ at }: TimeProps) {
  const time = readTime(at);
  if (time === null) return <span class="muted">–</span>;
  return (
    <time dateTime={new Date(time).toISOString()} title={utcTime(time)}>
      {localTime(time)}
    </time>
  );
}

/** How long ago a time is; local time and UTC when pointed at. */
export function Age({ at, suffix = '' }: TimeProps & { readonly suffix?: string }) {
  const time = readTime(at);
  const age = useSelected(clock, (now) => (time === null ? '' : span(now - time)));
  if (time === null) return <span class="muted">–</span>;
  return (
    <time dateTime={new Date(time).toISOString()} title={`${localTime(time)} (${utcTime(time)})`}>
      {age}
      {suffix}
    </time>
  );
}

/** How long something runs by now, in detail. @param since ms since the epoch */
export function Running({ since }: { readonly since: number }) {
  const now = useEachSecond();
  return (
    <time title={`since ${localTime(since)} (${utcTime(since)})`}>
      {duration(Math.max(0, now - since) / 1000)}
    </time>
  );
}

/** `45s`, `3m 20s`, `2h 5m`, `3d 4h`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`;
}
