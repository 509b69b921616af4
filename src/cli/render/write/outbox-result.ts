/** Formats the outbox for people and scripts. */
import { formatAge } from '../../../model/value/time.js';
import type { WriteOutcome } from '../../../store/outbox/outcomes.js';
import type { PendingOperation } from '../../../store/outbox/pending-operation.js';
import { fittingTable } from '../../../terminal/fitting-table.js';
import type { CommandResult, Screen } from '../../../terminal/output.js';
import { proposalLines } from './proposal-lines.js';

/** Builds the list of pending operations. */
export function outboxResult(operations: readonly PendingOperation[]): CommandResult {
  return {
    json: { operations },
    names: operations.map(({ id }) => id),
    rows: operations,
    lines: (screen) => outboxLines(operations, screen),
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

/** Formats proposed operations for scripts. */
export function proposedJson(outcomes: readonly WriteOutcome[]): Record<string, unknown>[] {
  return outcomes.map(({ operation, delivery, proposal }) => ({
    operation,
    delivery,
    ...(proposal ? { proposal } : {}),
  }));
}

/** Puts the proposed operations above those still pending. */
export function withProposals(listed: CommandResult, outcomes: readonly WriteOutcome[]): CommandResult {
  return {
    ...listed,
    json: { ...listed.json, proposed: proposedJson(outcomes) },
    lines: (screen, wide) => [
      ...outcomes.flatMap((outcome) => [
        `${screen.style('green', '✓')} ${outcome.operation} ${outcome.delivery === 'proposed' ? 'proposed' : 'is on the branch already'}`,
        ...proposalLines(outcome, screen),
      ]),
      ...listed.lines(screen, wide),
    ],
  };
}
