import { type Check, finding, passed } from '../../model/value/check.js';
import { ulidTime } from '../../model/value/ulid.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import { OTHER_HISTORY } from '../port/shared-history.js';

/** Formats an age: 3 s, 5 min, 2 h, 4 d. */
function ageText(ms: number): string {
  const minutes = Math.max(ms, 0) / 60_000;
  if (minutes < 1) return `${Math.round(minutes * 60)} s`;
  if (minutes < 60) return `${Math.floor(minutes)} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60 / 24)} d`;
}

/** Advice on how to publish the waiting entries. */
function publishing(entries: readonly OutboxEntry[]): string {
  return entries.some(({ error }) => error?.data?.['cause'] === OTHER_HISTORY)
    ? "If the remote's history was rewritten on purpose, see what would change and go on with it: kgit sync --accept-rewrite"
    : 'Publish them: kgit sync';
}

/** Checks what waits in the outbox, and what cannot be published without help. */
export function checkOutbox(entries: readonly OutboxEntry[], target: string, now: number): Check {
  const name = 'outbox';
  if (entries.length === 0) return passed(name, 'nothing waits');
  const unreadable = entries.filter(({ operation }) => operation === null);
  const others = entries.filter((entry) => entry.operation !== null && entry.target !== target);
  const waiting = entries.length - unreadable.length - others.length;
  const oldest = Math.min(...entries.map(({ id }) => ulidTime(id)));
  const trouble = entries.find(({ error }) => error !== null)?.error;
  const why = trouble?.message;
  const parts = [
    ...(waiting > 0 ? [`${waiting === 1 ? '1 write waits' : `${waiting} writes wait`} to be published`] : []),
    ...(unreadable.length > 0 ? [`${unreadable.length} cannot be read`] : []),
    ...(others.length > 0 ? [`${others.length} for another remote or branch (${others[0]?.target})`] : []),
    `the oldest is from ${ageText(now - oldest)} ago${why ? `: ${why}` : ''}`,
  ];
  const stuck = [...unreadable, ...others][0];
  const fixes = [
    ...(waiting > 0 ? [publishing(entries)] : []),
    ...(others.length > 0
      ? ['Publish operations for another target from a clone of it, with --repo DIR#BRANCH']
      : []),
    ...(stuck ? [`Drop what you no longer need: kgit outbox drop ${stuck.id}`] : []),
  ];
  return finding(name, parts.join(', '), fixes.join('; '));
}
