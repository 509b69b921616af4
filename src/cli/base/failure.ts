import { stripVTControlCharacters } from 'node:util';
import { Errors } from '@oclif/core';
import { EnvironmentError, KgitError, UsageError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { unexpectedError } from '../../model/value/unexpected-error.js';
import { shownJson } from '../../terminal/output.js';
import { standardError, standardOutput } from '../../terminal/standard-streams.js';
import { styleFor } from '../../terminal/style.js';
import { terminalText } from '../../terminal/terminal-text.js';
import { flagWords } from '../flags/flag-conflicts.js';
import { DeclinedError } from './declined.js';

/**
 * Converts anything thrown to a KgitError: oclif's parser errors become usage errors, a full disk an environment error.
 * @param hints suggestions for a wrong command line
 */
export function asKgitError(thrown: unknown, hints: readonly string[] = []): KgitError {
  if (thrown instanceof KgitError) return thrown;
  if (thrown instanceof Errors.CLIError) {
    // oclif colours some messages if stderr is a terminal.
    const said = stripVTControlCharacters(thrown.message);
    const { lines, advice } = flagWords(
      said.split('\n').filter((line) => line.trim() && !/^See more help/.test(line)),
    );
    return new UsageError(lines.join('\n') || 'bad usage', {
      cause: thrown,
      suggestions: [...hints, ...(advice ? [advice] : []), 'Run it with --help: flags, examples, exit codes'],
    });
  }
  if (hasCode(thrown, 'ENOENT') && (thrown as NodeJS.ErrnoException).syscall === 'uv_cwd') {
    return new EnvironmentError('the folder that this command runs in was removed', {
      cause: thrown,
      suggestions: ['Change to a folder that exists: cd'],
    });
  }
  return unexpectedError(thrown, 'Please report this, with the command and this text');
}

/** Whether a command line asks for JSON. Checks the raw words, since a command may fail before they are parsed. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  return words.some(
    (word, i) =>
      word === '--json' ||
      /^(-o=?|--output=)json$/.test(word) ||
      (word === 'json' && (words[i - 1] === '-o' || words[i - 1] === '--output')),
  );
}

const NO_FLAG = /^Nonexistent flags?: (.*)$/m;

/** Suggests known flags for a flag that the command does not have. */
async function nearFlags(thrown: unknown, known: readonly string[]): Promise<string[]> {
  const [, said] = thrown instanceof Errors.CLIError ? (NO_FLAG.exec(thrown.message) ?? []) : [];
  if (said === undefined || known.length === 0) return [];
  const { didYouMean } = await import('../../model/value/near-names.js');
  const flags = known.map((name) => `--${name}`);
  return said.split(', ').flatMap((flag) => didYouMean(flag.split('=')[0] ?? '', flags));
}

/** Reports a failure, as JSON on stdout if the command line asks for it, else on stderr. Sets the exit code. */
export async function reportFailure(
  thrown: unknown,
  argv: readonly string[],
  verbose: boolean,
  flags: readonly string[] = [],
): Promise<void> {
  const error = asKgitError(thrown, await nearFlags(thrown, flags));
  process.exitCode = error.exitCode;
  if (wantsJson(argv)) {
    const { errorDocument } = await import('../render/json/error-document.js');
    const text = JSON.stringify(errorDocument(error.toJSON()), null, 2);
    standardOutput.write(`${shownJson(text, standardOutput.isTTY)}\n`);
    return;
  }
  // Loaded only on failure. Errors repeat words of the command line, and CI keeps what is printed.
  const { maskSecrets } = await import('../../model/secret/mask-secrets.js');
  const style = styleFor(standardError.isTTY, process.env);
  if (error instanceof DeclinedError) {
    if (!error.isSilent) standardError.write(`${style('dim', terminalText(maskSecrets(error.message)))}\n`);
    return;
  }
  const lines = [`${style('red', `error ${error.code}`)}: ${terminalText(maskSecrets(error.message))}`];
  for (const suggestion of error.suggestions)
    lines.push(`  ${style('cyan', '→')} ${terminalText(maskSecrets(suggestion))}`);
  if (verbose || error.code === 'INTERNAL')
    lines.push(
      style('dim', terminalText(maskSecrets((thrown instanceof Error ? thrown.stack : undefined) ?? ''))),
    );
  const { columns } = standardError;
  const shown = lines.join('\n').split('\n');
  // The code that measures text is slow to load, and a pipe does not need it.
  const fitting = columns ? await import('../../terminal/fit-line.js') : null;
  const fitted = fitting ? shown.flatMap((line) => fitting.fitLine(line, columns)) : shown;
  standardError.write(`${fitted.join('\n')}\n`);
}
