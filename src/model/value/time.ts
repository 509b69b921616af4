import { UsageError } from '../../errors.js';
import { rfc3339Time } from './rfc3339.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
/** `1 hour ago`, `2.weeks.ago`, as git reads times. */
const AGO = /^(\d{1,9})[ .]?(second|sec|minute|min|hour|hr|day|week|month|year)s?(?:[ .]ago)?$/i;
const AGO_UNITS: Readonly<Record<string, number>> = {
  second: SECOND,
  sec: SECOND,
  minute: MINUTE,
  min: MINUTE,
  hour: HOUR,
  hr: HOUR,
  day: DAY,
  week: 7 * DAY,
};
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

function badTime(text: string): UsageError {
  return new UsageError(`${JSON.stringify(text.slice(0, 80))} is not a time`, {
    suggestions: [
      'Give 2025-07-11T14:30:00Z, 2025-07-11, "2025-07-11 14:30", 15m, 3d or 2w (ago), "1 hour ago", today, yesterday or a weekday',
    ],
  });
}

function boundedMs(text: string, ms: number): number {
  if (Number.isSafeInteger(Math.round(ms))) return ms;
  throw new UsageError(`${JSON.stringify(text.slice(0, 80))} is not a duration: it is too long`);
}

/** `312.5` (seconds), `5m12s`, `2h` in ms. Throws UsageError. */
export function parseDuration(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return boundedMs(text, Number(text) * SECOND);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new UsageError(`${JSON.stringify(text.slice(0, 80))} is not a duration`, {
      suggestions: ['Give seconds (312.5) or units: 5m12s, 2h, 3d'],
    });
  }
  return boundedMs(
    text,
    parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit as string] as number), 0),
  );
}

function localMidnight(time: number): Date {
  const date = new Date(time);
  date.setHours(0, 0, 0, 0);
  return date;
}

/** The start of the local day that `text` names; null if it names none. */
function parseDay(text: string, now: number): Date | null {
  const day = localMidnight(now);
  const word = text.toLowerCase();
  if (word === 'today') return day;
  if (word === 'yesterday') {
    day.setDate(day.getDate() - 1);
    return day;
  }
  const weekday = WEEKDAYS.findIndex((name) => name === word || name.slice(0, 3) === word);
  if (weekday >= 0) {
    day.setDate(day.getDate() - ((day.getDay() - weekday + 7) % 7 || 7));
    return day;
  }
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!match) return null;
  const [year, month, date] = match.slice(1).map(Number) as [number, number, number];
  const named = new Date(year, month - 1, date);
  return named.getMonth() === month - 1 && named.getDate() === date ? named : null;
}

/** Parses `1 hour ago`; null for any other text. Months and years are calendar months and years. */
function parseAgo(text: string, now: number): number | null {
  const [, count, word = ''] = AGO.exec(text) ?? [];
  if (count === undefined) return null;
  const ms = AGO_UNITS[word.toLowerCase()];
  const then = new Date(ms === undefined ? now : now - Number(count) * ms);
  if (ms === undefined) then.setMonth(then.getMonth() - Number(count) * (/^year/i.test(word) ? 12 : 1));
  if (!(then.getTime() >= 0)) throw badTime(text);
  return then.getTime();
}

/**
 * A time in ms since the epoch: RFC 3339; `YYYY-MM-DD[ HH:MM[:SS]]` local; `15m`, `3d`, `2w` ago; `1 hour ago`;
 * `now`, `today`, `yesterday`, a weekday (the latest past one). Throws UsageError.
 */
export function parseTime(text: string, now: number): number {
  const exact = rfc3339Time(text);
  if (exact !== null) return exact;
  if (/^now$/i.test(text)) return now;
  const ago = parseAgo(text, now);
  if (ago !== null) return ago;
  if (/^\d+(\.\d+)?[smhdw]/.test(text)) {
    const then = now - parseDuration(text.replace(/[ .]ago$/i, ''));
    if (then < 0) throw badTime(text);
    return then;
  }
  const clock = /^(\S+)[ T](\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  const day = parseDay(clock?.[1] ?? text, now);
  if (!day) throw badTime(text);
  const [hours, minutes, seconds] = (clock ?? []).slice(2).map((part) => Number(part ?? 0));
  if ((hours ?? 0) > 23 || (minutes ?? 0) > 59 || (seconds ?? 0) > 59) throw badTime(text);
  day.setHours(hours ?? 0, minutes ?? 0, seconds ?? 0);
  return day.getTime();
}

/** Start and end of a local day, in ms; the end is the start of the next. Throws UsageError. */
export function parseDayRange(text: string, now: number): { since: number; until: number } {
  const day = parseDay(text, now);
  if (!day) throw badTime(text);
  const next = new Date(day);
  next.setDate(next.getDate() + 1);
  return { since: day.getTime(), until: next.getTime() };
}

/** A span in ms for people: `45s`, `4m`, `3h`, `12d`. */
export function formatAge(ms: number): string {
  if (ms < MINUTE) return `${Math.max(Math.floor(ms / SECOND), 0)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`;
  return `${Math.floor(ms / DAY)}d`;
}

/** A time for people: local with offset, or UTC. */
export function formatTime(time: number, utc: boolean): string {
  const date = new Date(time);
  if (utc) return `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const offset = -date.getTimezoneOffset();
  const local = new Date(time + offset * MINUTE).toISOString().slice(0, 19).replace('T', ' ');
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const pad = (part: number) => String(part).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${pad(hours)}:${pad(minutes)}`;
}
