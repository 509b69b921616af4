import type { Synced } from '../../../app/outbox/sync-now.js';
import type { CommandResult } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';

/** Builds the result of `kgit sync`. @param name the user's name for the line of revisions */
export function syncedResult({ result, head, hasMoved }: Synced, name: string): CommandResult {
  const { published, rejected, pending } = result;
  const place = `${oneLine(name)}@${head.revision?.slice(0, 10) ?? 'empty'}${hasMoved ? '' : ', nothing new'}`;
  return {
    json: { ...result },
    names: published,
    lines: ({ style }) => [
      `${style('green', '✓')} ${published.length} published, ${pending} waiting ${style('dim', place)}`,
      ...rejected.map(
        ({ operation, message }) => `${style('yellow', '!')} ${operation} was dropped: ${oneLine(message)}`,
      ),
    ],
  };
}
