import { stripVTControlCharacters } from 'node:util';
import { Errors } from '@oclif/core';
import { EnvironmentError, InternalError, KgitError, UsageError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { API_VERSION } from '../../store/read/records.js';
import { shownJson } from '../../terminal/output.js';
import { styleFor } from '../../terminal/style.js';
import { terminalText } from '../../terminal/terminal-text.js';
import { flagWords } from '../flags/flag-conflicts.js';
import { DeclinedError } from './declined.js';

/** What the system says no with, in words. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EMFILE: 'too many open files',
};

/**
 * Any thrown thing as an error of the table: oclif's parser errors are usage errors, a full disk is the environment.
 * @param hints suggestions to whoever wrote a bad command line
 */
export function asKgitError(thrown: unknown, hints: readonly string[] = []): KgitError {
  if (thrown instanceof KgitError) return thrown;
  if (thrown instanceof Errors.CLIError) {
    // oclif colours some of its messages where stderr is a terminal.
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
      suggestions: ['Change to a folder that is there: cd'],
    });
  }
  if (hasCode(thrown, ...Object.keys(CAUSES))) {
    const { code, path } = thrown as NodeJS.ErrnoException;
    return new EnvironmentError(`${path ?? 'a file'}: ${CAUSES[code ?? ''] ?? code}`, {
      cause: thrown,
      suggestions: ['Check the disk and its permissions'],
    });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new InternalError(message, {
    cause: thrown,
    suggestions: ['Please report this, with the command and this text'],
  });
}

/** Whether a command line asks for JSON: read off the words, for they may not have been parsed when it fails. */
export function wantsJson(argv: readonly string[]): boolean {
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

/** What the flags of a command line that its command does not have were meant to be. */
async function nearFlags(thrown: unknown, known: readonly string[]): Promise<string[]> {
  const [, said] = thrown instanceof Errors.CLIError ? (NO_FLAG.exec(thrown.message) ?? []) : [];
  if (said === undefined || known.length === 0) return [];
  const { didYouMean } = await import('../../model/value/near-names.js');
  const flags = known.map((name) => `--${name}`);
  return said.split(', ').flatMap((flag) => didYouMean(flag.split('=')[0] ?? '', flags));
}

/** `value` with the secrets in its texts masked. */
function masked(value: unknown, mask: (text: string) => string): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((item) => masked(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, masked(child, mask)]));
}

/** Tells how a command line failed: as JSON on stdout where it asks for that, else on stderr. Sets the exit code. */
export async function reportFailure(
  thrown: unknown,
  argv: readonly string[],
  verbose: boolean,
  flags: readonly string[] = [],
): Promise<void> {
  // Loaded by who fails alone. The words of a command line are repeated in errors, and CI keeps what it prints.
  const { maskSecrets } = await import('../../model/secret/mask-secrets.js');
  const error = asKgitError(thrown, await nearFlags(thrown, flags));
  process.exitCode = error.exitCode;
  if (wantsJson(argv)) {
    const whole = { apiVersion: API_VERSION, kind: 'Error', error: masked(error.toJSON(), maskSecrets) };
    process.stdout.write(`${shownJson(JSON.stringify(whole, null, 2), process.stdout.isTTY === true)}\n`);
    return;
  }
  const style = styleFor(process.stderr.isTTY === true, process.env);
  if (error instanceof DeclinedError) {
    if (!error.isSilent) process.stderr.write(`${style('dim', terminalText(maskSecrets(error.message)))}\n`);
    return;
  }
  const lines = [`${style('red', `error ${error.code}`)}: ${terminalText(maskSecrets(error.message))}`];
  for (const suggestion of error.suggestions)
    lines.push(`  ${style('cyan', '→')} ${terminalText(maskSecrets(suggestion))}`);
  if (verbose || error.code === 'INTERNAL')
    lines.push(
      style('dim', terminalText(maskSecrets((thrown instanceof Error ? thrown.stack : undefined) ?? ''))),
    );
  const { columns } = process.stderr;
  const shown = lines.join('\n').split('\n');
  // What measures text takes long to load, and a pipe has no use of it.
  const fitting = columns ? await import('../../terminal/fit-line.js') : null;
  const fitted = fitting ? shown.flatMap((line) => fitting.fitLine(line, columns)) : shown;
  process.stderr.write(`${fitted.join('\n')}\n`);
}
