import { userInfo } from 'node:os';
import { Config, Errors, run } from '@oclif/core';
import type { EXIT_CODES } from './errors.js';
import { configOptions } from './plugin.js';

export { loadCommand } from './plugin.js';

/** Runs the command line of this process. A command reports its own failures; what fails before one runs is told here. */
export async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  nameHomeAndShell();
  // Before oclif's own listener, which throws.
  process.stdout.prependListener('error', endOnLostOutput);
  try {
    await run(argv, configOptions());
  } catch (thrown) {
    const { reportFailure } = await import('./cli/failure.js');
    await reportFailure(await namingNearCommands(thrown, argv), argv, argv.includes('--verbose'));
  }
}

/** Spelt out, for what merely shows a version loads no errors. */
const ENVIRONMENT: (typeof EXIT_CODES)['ENVIRONMENT'] = 18;

/** Ends this process where standard output takes no more, as on a full disk; a reader that has gone is no failure. */
function endOnLostOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`error ENVIRONMENT: standard output cannot be written: ${message}\n`);
  process.exit(ENVIRONMENT);
}

/** oclif asks the system for the home and the shell that the environment does not name, and fails for a number without a name, as containers have. */
function nameHomeAndShell(): void {
  const { HOME, SHELL } = process.env;
  if (HOME !== undefined && SHELL !== undefined) return;
  try {
    userInfo();
  } catch {
    process.env['HOME'] = HOME ?? '';
    process.env['SHELL'] = SHELL ?? '/bin/sh';
  }
}

/** Most letters by which a word may miss the command that was meant. */
const MAX_DISTANCE = 2;

async function namingNearCommands(thrown: unknown, [word = '']: readonly string[]): Promise<unknown> {
  if (!(thrown instanceof Errors.CLIError) || !thrown.message.startsWith('command ')) return thrown;
  const [{ UsageError }, { default: leven }, { commandIDs }] = await Promise.all([
    import('./errors.js'),
    import('leven'),
    Config.load(configOptions()),
  ]);
  const distances = commandIDs.map((id) => leven(id, word));
  const nearest = Math.min(...distances, MAX_DISTANCE);
  const near = commandIDs.filter((_id, i) => distances[i] === nearest);
  return new UsageError(`there is no command ${JSON.stringify(word.slice(0, 80))}`, {
    cause: thrown,
    suggestions: [
      ...(near.length > 0 ? [`Did you mean ${near.join(', ')}?`] : []),
      "'kgit --help' lists the commands",
    ],
  });
}
