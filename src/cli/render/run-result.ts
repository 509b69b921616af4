import { ERROR_CLASSES, type KgitError } from '../../errors.js';
import type { EventWrite, Operation } from '../../model/operation/operation.js';
import { eventPath } from '../../model/subject/layout.js';
import { formatSubject } from '../../model/subject/subject.js';
import { formatAge } from '../../model/value/time.js';
import type { ChildEnd } from '../../process/child-command.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import type { CommandResult } from '../../terminal/output.js';
import { proposalLines } from './write/proposal-lines.js';

/** One of the two writes of a run. */
export interface Write extends EventWrite {
  readonly operation: Operation;
}

type Standing = Pick<WriteOutcome, 'revision' | 'delivery' | 'attempts' | 'proposal'>;

/** A write as the result tells it. */
interface Row extends Standing {
  readonly id: string;
  readonly subject: string;
  readonly action: string;
  readonly outcome: string | undefined;
  readonly timestamp: string;
  readonly path: string;
  readonly operation: string;
}

/** What is recorded of a run. */
export interface Recorded {
  readonly started: Row;
  /** Null where the end could not be kept. */
  readonly ended: Row | null;
  readonly error: KgitError | null;
}

/** A write with what became of it. */
export function row({ subject, event, operation }: Write, standing: Standing): Row {
  const { revision, delivery, attempts, proposal } = standing;
  return {
    id: event.id,
    subject: formatSubject(subject),
    action: event.action,
    outcome: event.outcome,
    timestamp: event.timestamp,
    path: eventPath(subject, event),
    ...{ operation: operation.id, revision, delivery, attempts, ...(proposal ? { proposal } : {}) },
  };
}

/** An error with what to do about it, where it does not end the command. */
export function failureText({ message, suggestions }: KgitError): string {
  return [message, ...suggestions.map((text) => `  → ${text}`)].join('\n');
}

function endText({ ended }: Recorded, end: ChildEnd | null): string {
  if (end === null) return 'dry run: nothing was run or written';
  const how = end.signal ? `ended by ${end.signal}` : `exit code ${end.exitCode}`;
  const took = end.seconds < 60 ? `${end.seconds.toFixed(1)}s` : formatAge(end.seconds * 1000);
  return `${how} after ${took}, ${ended ? ended.delivery : 'the end could not be recorded'}`;
}

/**
 * The result of a run; `end` is null where nothing was run. Throws the error of the record where the command
 * itself succeeded: a failed command's own exit code is worth more.
 */
export function runResult(recorded: Recorded, end: ChildEnd | null): CommandResult {
  const { started, ended, error } = recorded;
  const run = { started, ended, exitCode: end?.exitCode ?? null };
  if (error && end && (end.exitCode === 0 || error.code === 'FENCED')) {
    const how = end.exitCode === 0 ? 'the command succeeded, but ' : '';
    throw new ERROR_CLASSES[error.code](`${how}${error.message}`, {
      cause: error,
      suggestions: error.suggestions,
      data: { ...error.data, run },
    });
  }
  const failed = end !== null && end.exitCode !== 0;
  return {
    json: run,
    names: [started.id, ...(ended ? [ended.id] : [])],
    lines: (screen) => {
      const { style } = screen;
      return [
        `${failed ? style('red', '✗') : style('green', '✓')} ${started.action} ${style('bold', started.subject)} ${style('dim', `${(ended ?? started).id}  ${endText(recorded, end)}`)}`,
        ...proposalLines(ended ?? started, screen),
      ];
    },
    exitCode: end?.exitCode ?? 0,
  };
}
