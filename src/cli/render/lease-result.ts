import { expiresAt, type LeaseRecord } from '../../model/lease/lease.js';
import { formatAge, formatTime } from '../../model/value/time.js';
import type { EndedLease } from '../../store/lease/acquisition.js';
import type { LockStanding } from '../../store/lease/lock-list.js';
import { fittingTable } from '../../terminal/fitting-table.js';
import type { Screen } from '../../terminal/output.js';
import type { TableRow } from '../../terminal/table.js';
import { oneLine } from '../../terminal/terminal-text.js';

const iso = (ms: number) => new Date(ms).toISOString();

/** A lease as results tell it. */
export function leaseJson(record: LeaseRecord): Record<string, unknown> {
  const { name, token, holder, acquiredAt, at, ttl, reason } = record;
  return {
    ...{ name, token, holder: holder.name, host: holder.host, runId: holder.runId ?? null },
    ...{ acquiredAt: iso(acquiredAt), renewedAt: iso(at), expiresAt: iso(expiresAt(record)) },
    ...{ ttlSeconds: ttl / 1000, reason: reason ?? null },
  };
}

/** Whose lease was ended, as results tell it. */
export function brokeJson(ended: EndedLease | null): unknown {
  if (ended === null) return null;
  const { previous, operation, revision, unrecorded } = ended;
  const audit = unrecorded
    ? null
    : { event: operation.events[0]?.event.id ?? null, delivery: 'published', revision };
  return { ...previous, expiresAt: iso(previous.expiresAt), audit };
}

/** A row of `kgit locks`. */
export function standingJson({ record, isOurs, freeAt }: LockStanding, now: number): Record<string, unknown> {
  return { ...leaseJson(record), expired: expiresAt(record) <= now, freeAt: iso(freeAt), here: isOurs };
}

/** `token 3, expires 2025-07-11 14:35:00Z (in 5m)` */
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

/** The locks that somebody has, as a table; `isStale`: as they were last seen here. */
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

/** A holder for a line of text. */
export function holderName({ holder }: LeaseRecord): string {
  return oneLine(`${holder.name}@${holder.host}`);
}
