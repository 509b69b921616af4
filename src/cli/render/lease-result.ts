import type { LockedRun } from '../../app/lock/run-under-lease.js';
import { FencedError } from '../../errors.js';
import { expiresAt, type LeaseRecord } from '../../model/lease/lease.js';
import { formatAge, formatTime } from '../../model/value/time.js';
import type { Acquired, EndedLease } from '../../store/lease/acquisition.js';
import { holderText } from '../../store/lease/lease-errors.js';
import type { LockStanding } from '../../store/lease/lock-list.js';
import { fittingTable } from '../../terminal/fitting-table.js';
import type { CommandResult, Screen } from '../../terminal/output.js';
import type { TableRow } from '../../terminal/table.js';
import { oneLine } from '../../terminal/terminal-text.js';
import { iso, leaseJson } from './json/locks-json.js';
import { failureText } from './run-result.js';

/** Formats the ended lease for JSON results; null if none was ended. */
export function brokeJson(ended: EndedLease | null): unknown {
  if (ended === null) return null;
  const { previous, operation, revision, unrecorded } = ended;
  const audit = unrecorded
    ? null
    : { event: operation.events[0]?.event.id ?? null, delivery: 'published', revision };
  return { ...previous, expiresAt: iso(previous.expiresAt), audit };
}

/** Formats an acquired lock for JSON results. */
function takenJson({ record, broke }: Acquired): Record<string, unknown> {
  return { ...leaseJson(record), broke: brokeJson(broke) };
}

/** Builds the result of taking a lock. @param now ms since the epoch */
export function lockResult(acquired: Acquired, now: number): CommandResult {
  const { record } = acquired;
  return {
    json: takenJson(acquired),
    names: [record.name],
    lines: (screen) => [
      `${screen.style('green', '✓')} lock ${screen.style('bold', record.name)} is yours ${screen.style('dim', leaseText(record, now, screen))}`,
    ],
  };
}

/** Builds the result of giving a lock back, or, with `ended`, of ending somebody's lease. */
export function unlockResult(record: LeaseRecord, ended: EndedLease | null): CommandResult {
  const whose = ended && `it was held by ${holderText(ended.previous)}, token ${ended.previous.token}`;
  return {
    json: { ...leaseJson(record), released: true, broke: brokeJson(ended) },
    names: [record.name],
    lines: ({ style }) => [
      `${style('green', '✓')} lock ${style('bold', record.name)} ${whose ? `broken ${style('dim', whose)}` : 'released'}`,
    ],
  };
}

/**
 * Builds the result of a command that ran under a lock. Throws FencedError if the lease was lost. If it only could not
 * be released, it expires by itself, and `note` receives a message.
 */
export function lockedRunResult(
  acquired: Acquired,
  { end, failure }: LockedRun,
  note: (message: string) => void,
): CommandResult {
  const { name } = acquired.record;
  const { exitCode, signal } = end;
  if (failure instanceof FencedError) {
    throw new FencedError(failure.message, {
      cause: failure,
      suggestions: failure.suggestions,
      data: { ...failure.data, exitCode, signal },
    });
  }
  if (failure) note(`lock ${name} could not be released and expires by itself: ${failureText(failure)}`);
  return {
    json: { ...takenJson(acquired), exitCode, released: failure === null },
    names: [name],
    lines: ({ style }) => {
      const tick = exitCode === 0 ? style('green', '✓') : style('red', '✗');
      const how = signal ? `ended by ${signal}` : `exit code ${exitCode}`;
      const rest = style('dim', `${how}, ${failure ? 'not released' : 'released'}`);
      return [`${tick} lock ${style('bold', name)} ${rest}`];
    },
    exitCode,
  };
}

/** Formats a lease as `token 3, expires 2025-07-11 14:35:00Z (in 5m)`. */
export function leaseText(record: LeaseRecord, now: number, { utc }: Screen): string {
  const end = expiresAt(record);
  return `token ${record.token}, expires ${formatTime(end, utc)} (in ${formatAge(end - now)})`;
}

function standingRow({ record, isOurs, freeAt }: LockStanding, now: number, wide: boolean): TableRow {
  const { name, token, holder, acquiredAt, reason } = record;
  const left = expiresAt(record) - now;
  const ends =
    left > 0
      ? { text: `in ${formatAge(left)}`, colour: 'green' as const }
      : {
          text: freeAt > now ? `expired, free in ${formatAge(freeAt - now)}` : 'expired, free',
          colour: 'yellow' as const,
        };
  return [
    { text: name, colour: 'bold' },
    String(token),
    `${holder.name}@${holder.host}${isOurs ? ' (here)' : ''}`,
    `${formatAge(now - acquiredAt)} ago`,
    ends,
    ...(wide ? [holder.runId ?? '', `${record.ttl / 1000}s`] : []),
    reason ?? '',
  ];
}

/** Formats the held locks as a table; `isStale` says that they are shown as last seen here. */
export function standingLines(
  standings: readonly LockStanding[],
  isStale: boolean,
  now: number,
  screen: Screen,
  wide: boolean,
): string[] {
  if (standings.length === 0)
    return [screen.style('dim', isStale ? 'nobody held a lock when last seen here' : 'nobody holds a lock')];
  const heading = ['LOCK', 'TOKEN', 'HOLDER', 'SINCE', 'EXPIRES', ...(wide ? ['RUN', 'TTL'] : []), 'REASON'];
  const rows = standings.map((standing) => standingRow(standing, now, wide));
  return fittingTable(heading, rows, wide ? { ...screen, width: null } : screen);
}

/** Formats a holder for a line of text. */
export function holderName({ holder }: LeaseRecord): string {
  return oneLine(`${holder.name}@${holder.host}`);
}
