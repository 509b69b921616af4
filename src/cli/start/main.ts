import { userInfo } from 'node:os';
import type { EXIT_CODES } from '../../errors.js';
import { SHELL_PATH } from '../../platform/shell.js';
import { standardError, standardOutput } from '../../terminal/standard-streams.js';
import { understand } from '../habits/habits.js';
import { knownCommands, ownProgram, runCommand, runConfigured, USES_CONFIG } from './plugin.js';

export { loadCommand } from './plugin.js';

/** Runs the command line of this process. A command reports its own failures; earlier failures are reported here. */
export async function main(): Promise<void> {
  const commands = knownCommands();
  const { argv, answer } = understand(process.argv.slice(2), commands);
  nameHomeAndShell();
  standardOutput.onError(endOnLostOutput);
  try {
    if (answer) throw await usageError(answer.message, answer.suggestions);
    const [word = '--help'] = argv;
    const wanted = helpWanted(argv);
    const isKnown = Object.hasOwn(commands, word);
    if (!isKnown && (!word.startsWith('-') || (wanted === null && word !== '--version')))
      throw await noCommand(word, Object.keys(commands));
    if (wanted === null && isKnown)
      await (USES_CONFIG.has(word) ? runConfigured : runCommand)(word, argv.slice(1));
    else if (wanted === null) {
      const { run } = await import('./oclif-run.js');
      // oclif writes to Node's stream.
      standardOutput.open();
      await run([...argv], ownProgram().options);
    } else {
      const { options, commands: described } = ownProgram();
      const { printHelp } = await import('../help/print-help.js');
      printHelp(isKnown ? word : null, described, {
        ...wanted,
        description: options.pjson.description ?? '',
        root: options.root,
      });
    }
  } catch (thrown) {
    const { reportFailure } = await import('../base/failure.js');
    await reportFailure(thrown, argv, argv.includes('--verbose') || argv.includes('-v'));
  }
}

/** Spelled out, so that showing a version does not load the errors. */
const ENVIRONMENT: (typeof EXIT_CODES)['ENVIRONMENT'] = 18;

/**
 * Ends this process if standard output cannot be written, as on a full disk. A reader that has gone is not a failure.
 */
function endOnLostOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  standardError.write(`error ENVIRONMENT: standard output cannot be written: ${message}\n`);
  process.exit(ENVIRONMENT);
}

/**
 * Sets the home and the shell if the system cannot name them. oclif asks it for those that the environment lacks, and
 * fails for a uid without a user name, as in containers.
 */
function nameHomeAndShell(): void {
  const { HOME, SHELL } = process.env;
  if (HOME !== undefined && SHELL !== undefined) return;
  try {
    userInfo();
  } catch {
    process.env['HOME'] = HOME ?? '';
    process.env['SHELL'] = SHELL ?? SHELL_PATH;
  }
}

/** Returns whether full help is requested; null if no help is. Words after `--` belong to another program. */
function helpWanted(argv: readonly string[]): { isWhole: boolean } | null {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  if (own.includes('--help-all')) return { isWhole: true };
  return argv.length === 0 || own.includes('--help') || own.includes('-h') ? { isWhole: false } : null;
}

async function usageError(message: string, suggestions: readonly string[]): Promise<Error> {
  const { UsageError } = await import('../../errors.js');
  return new UsageError(message, { suggestions });
}

async function noCommand(word: string, known: readonly string[]): Promise<Error> {
  const { didYouMean } = await import('../../model/value/near-names.js');
  return usageError(`there is no command ${JSON.stringify(word.slice(0, 80))}`, [
    ...didYouMean(word, word.startsWith('-') ? ['--help', '--version'] : known),
    "'kgit --help' lists the commands",
  ]);
}
