import { counted } from '../../model/value/counted.js';
import type { PendingOperation } from '../../store/outbox/pending-operation.js';
import type { OtherHistory } from '../../store/port/shared-history.js';
import type { ToldRewrite } from '../../store/publish/rewrites.js';
import { oneLine } from '../../terminal/terminal-text.js';

/** Most ids in a note. All of them are in the JSON result and in `kgit outbox`. */
const MAX_IDS = 5;

function listed(ids: readonly string[]): string {
  const more = ids.length - MAX_IDS;
  return `${ids.slice(0, MAX_IDS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Describes a rewrite of the remote's history in one line. */
export function rewriteNote({ from, to, removed, cause, operations }: ToldRewrite, branch: string): string {
  const name = oneLine(branch);
  const tips = `from ${from.slice(0, 10)} to ${to.slice(0, 10)}`;
  const commits = removed === null ? 'commits' : counted(removed, 'commit');
  const writes = `${counted(operations.length, 'write')} of this clone (${listed(operations)})`;
  if (cause === 'lost') {
    const lost = `the remote lost ${commits}: its branch ${name} went back ${tips}, and it does not have the old tip any more`;
    if (operations.length === 0) return lost;
    return `${lost}; kept here, to be published again: ${writes}; 'kgit sync' publishes what was lost, 'kgit outbox drop ID' gives a write up`;
  }
  const moved = `history was rewritten at the remote: ${name} went ${tips}, and ${commits} that this clone knew ${removed === 1 ? 'is' : 'are'} gone`;
  if (operations.length === 0) return moved;
  // A server that accepts a push without moving the branch looks the same as a reset.
  if (cause === 'moved')
    return `${moved}, with ${writes}: somebody took them out, or the server never moved it there; they are not published again`;
  return `${moved}, with ${writes}; the remote does not say whether somebody took them out or the server lost them: if it lost them, 'kgit outbox requeue ID' has a write published again`;
}

/** Most operations that are listed. */
const MAX_LISTED = 20;

/** Describes both histories, for `kgit sync --accept-rewrite` to show before it asks. */
export function otherHistoryLines(
  { known, found, knownCount, foundCount }: OtherHistory,
  branch: string,
  waiting: readonly PendingOperation[],
): string[] {
  const more = waiting.length - MAX_LISTED;
  return [
    `the remote's ${oneLine(branch)} has nothing in common with the history known here`,
    `  known here:     ${known.slice(0, 10)}${knownCount === null ? '' : `, ${counted(knownCount, 'commit')}`}`,
    `  at the remote:  ${found.slice(0, 10)}, ${counted(foundCount, 'commit')}`,
    `${counted(waiting.length, 'operation')} in the outbox would be applied to the remote's history; nothing of the history known here would be published`,
    ...waiting
      .slice(0, MAX_LISTED)
      .map(({ id, subject, action }) => `  ${id}  ${oneLine(subject ?? '?')}  ${oneLine(action ?? '?')}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
