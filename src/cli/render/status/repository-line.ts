import { formatAge } from '../../../model/value/time.js';
import type { Reading } from '../../../store/outbox/outcomes.js';
import { oneLine } from '../../../terminal/terminal-text.js';

/**
 * Describes the repository in one line: `main@a1b2c3d, 2 pending, fetched 4m ago`.
 * @param name the branch
 */
export function repositoryLine(
  name: string,
  { revision, fetchedAt, pending }: Pick<Reading, 'revision' | 'fetchedAt' | 'pending'>,
  now: number,
): string {
  const waiting = pending.length > 0 ? `, ${pending.length} pending` : '';
  const age = fetchedAt === 0 ? 'never' : `${formatAge(now - (fetchedAt ?? 0))} ago`;
  const fetched = fetchedAt === null ? '' : `, fetched ${age}`;
  return `${oneLine(name)}@${revision?.slice(0, 7) ?? 'empty'}${waiting}${fetched}`;
}
