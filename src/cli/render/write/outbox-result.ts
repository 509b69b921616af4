/** Formats the outbox for people and scripts. */
import { proposedJson } from '../../../app/propose/proposed-json.js';
import { formatAge } from '../../../model/value/time.js';
import type { WriteOutcome } from '../../../store/outbox/outcomes.js';
import type { PendingOperation } from '../../../store/outbox/pending-operation.js';
import { fittingTable } from '../../../terminal/fitting-table.js';
import type { CommandResult, Screen } from '../../../terminal/output.js';
import { proposalLines } from './proposal-lines.js';

/** Builds the result of `kgit outbox`: what was proposed, and what waits. */
export function outboxResult(
  operations: readonly PendingOperation[],
  proposed: readonly WriteOutcome[] | null,
): CommandResult {
  return {
    json: { operations, ...(proposed ? { proposed: proposed.map(proposedJson) } : {}) },
    names: operations.map(({ id }) => id),
    rows: operations,
    lines: (screen) => [
      ...(proposed ?? []).flatMap((outcome) => [
        `${screen.style('green', '✓')} ${outcome.operation} ${outcome.delivery === 'proposed' ? 'proposed' : 'is on the branch already'}`,
        ...proposalLines(outcome, screen),
      ]),
      ...outboxLines(operations, screen),
    ],
  };
}

function outboxLines(operations: readonly PendingOperation[], screen: Screen): string[] {
  if (operations.length === 0) return [screen.style('dim', 'nothing waits')];
  const rows = operations.map(({ id, subject, action, age, attempts, error, refused }) => [
    id,
    subject ?? (action === 'compact' ? 'all' : '?'),
    action ?? '?',
    formatAge(age * 1000),
    String(attempts),
    refused ? `refused: ${error}` : (error ?? ''),
  ]);
  const table = fittingTable(['OPERATION', 'SUBJECT', 'ACTION', 'AGE', 'TRIES', 'WHY'], rows, screen);
  const hints = operations.flatMap(({ id, refused }) =>
    refused ? [`  kgit outbox drop ${id}, or kgit outbox retry ${id} --propose`] : [],
  );
  if (hints.length === 0) return table;
  const what = 'What is refused waits behind all others, and kgit sync tries it again. To go on without:';
  return [...table, '', what, ...hints];
}
