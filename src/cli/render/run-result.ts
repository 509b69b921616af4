import type { CommandRun } from '../../app/run-command.js';
import { ERROR_CLASSES, type KgitError } from '../../errors.js';
import { formatAge } from '../../model/value/time.js';
import type { CommandResult } from '../../terminal/output.js';
import { proposalLines } from './write/proposal-lines.js';

/** Formats an error that does not end the command, with its suggestions. */
export function failureText({ message, suggestions }: KgitError): string {
  return [message, ...suggestions.map((text) => `  → ${text}`)].join('\n');
}

function endText({ ended, end }: CommandRun): string {
  if (end === null) return 'dry run: nothing was run or written';
  const how = end.signal ? `ended by ${end.signal}` : `exit code ${end.exitCode}`;
  const took = end.seconds < 60 ? `${end.seconds.toFixed(1)}s` : formatAge(end.seconds * 1000);
  return `${how} after ${took}, ${ended ? ended.delivery : 'the end could not be recorded'}`;
}

/**
 * Builds the result of a run. Throws the error of its record only if the command itself succeeded: a failed command's
 * own exit code matters more.
 */
export function runResult(done: CommandRun): CommandResult {
  const { started, ended, end, error } = done;
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
      const tick = failed ? style('red', '✗') : style('green', '✓');
      const rest = style('dim', `${(ended ?? started).id}  ${endText(done)}`);
      return [
        `${tick} ${started.action} ${style('bold', started.subject)} ${rest}`,
        ...proposalLines(ended ?? started, screen),
      ];
    },
    exitCode: end?.exitCode ?? 0,
  };
}
