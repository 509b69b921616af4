/** Formats the results of writes for people and scripts. */
import type { ChangedDeployment } from '../../../app/write/change-state.js';
import type { RolledBack } from '../../../app/write/roll-back.js';
import type { WrittenEvent, WrittenEvents } from '../../../app/write/write-events.js';
import { formatSubject } from '../../../model/subject/subject.js';
import { counted } from '../../../model/value/counted.js';
import { shellWord } from '../../../model/value/shell-word.js';
import type { WriteOutcome } from '../../../store/outbox/outcomes.js';
import type { CommandResult, Screen } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { changeLine } from './change-line.js';
import { proposalLines } from './proposal-lines.js';

/** Returns the keys that every write result has. */
export function outcomeJson(outcome: WriteOutcome): Record<string, unknown> {
  const { operation, revision, delivery, attempts, proposal } = outcome;
  return { operation, revision, delivery, attempts, ...(proposal ? { proposal } : {}) };
}

/** Returns the same keys for a command that found nothing to write. @param revision the revision that it read */
export function unwrittenJson(revision: string | null): Record<string, unknown> {
  return { operation: null, revision, delivery: 'unchanged', attempts: 0 };
}

/** Abbreviates a revision for people; empty if there is none. */
function shownRevision(revision: string | null): string {
  return revision === null ? '' : ` ${revision.slice(0, 10)}`;
}

/** Builds the result of recording one event. */
export function eventResult({ subject, event, path, isRepeat, outcome }: WrittenEvent): CommandResult {
  const { id, action, timestamp } = event;
  const name = formatSubject(subject);
  const word = isRepeat ? 'already there' : outcome.delivery;
  return {
    json: { id, subject: name, action, timestamp, path, ...outcomeJson(outcome) },
    names: [id],
    lines: (screen) => {
      const { style } = screen;
      const dim = style('dim', `${id}  ${word}${shownRevision(outcome.revision)}`);
      return [
        `${style('green', '✓')} ${action} ${style('bold', name)} ${dim}`,
        ...proposalLines(outcome, screen),
      ];
    },
  };
}

/** Builds the result of recording several events together. */
export function eventsResult(written: WrittenEvents): CommandResult {
  const { events, accepted, duplicates, rejected, outcome } = written;
  const { delivery, revision } = outcome;
  const rejections = rejected.map(({ error: { code, message }, index }) => ({ index, code, message }));
  return {
    json: { accepted, duplicates, rejected: rejections, ...outcomeJson(outcome) },
    names: events.map(({ event }) => event.id),
    lines: ({ style }) => [
      `${style('green', '✓')} ${accepted} events ${delivery}${shownRevision(revision)}${duplicates ? `, ${duplicates} were there already` : ''}`,
      ...rejections.map(
        ({ index, message }) => `${style('yellow', '!')} event ${index} left out: ${oneLine(message)}`,
      ),
    ],
  };
}

/** Builds the result of a state change. */
export function changeResult({ subject, outcome }: ChangedDeployment): CommandResult {
  return {
    json: { subject: formatSubject(subject), changed: outcome.changes, ...outcomeJson(outcome) },
    names: outcome.changes.map(({ path }) => path),
    lines: (screen) => changedLines(outcome, screen),
  };
}

/** Builds the result of a rollback, with the secrets that are to be rotated. */
export function rollbackResult({ rotate, ...changed }: RolledBack): CommandResult {
  const { json, lines, ...result } = changeResult(changed);
  return {
    ...result,
    json: { ...json, rotate },
    lines: (screen, wide) => [
      ...lines(screen, wide),
      ...rotate.map(
        (path) =>
          `${screen.style('yellow', '!')} ${oneLine(path)} is encrypted for other people than today's: kgit secrets rotate ${shellWord(path)}`,
      ),
    ],
  };
}

function changedLines(outcome: WriteOutcome, screen: Screen): string[] {
  const { style } = screen;
  const { changes, delivery, revision } = outcome;
  if (delivery === 'unchanged') return [style('dim', 'nothing changed')];
  const words = {
    published: 'published',
    queued: 'queued',
    proposed: 'proposed',
    'dry-run': 'would be written',
  }[delivery];
  const count = changes.length === 0 ? 'change' : counted(changes.length, 'change');
  return [
    `${style('green', '✓')} ${count} ${words}${revision ? style('dim', ` ${revision.slice(0, 10)}`) : ''}`,
    ...changes.map((change) => changeLine(change, screen)),
    ...proposalLines(outcome, screen),
  ];
}
