import { once } from 'node:events';
import { hasCode } from '../model/value/error-codes.js';
import { shellCommand } from '../platform/shell.js';
import { startOnTerminal } from './child.js';
import { EndSignals } from './end-signals.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A pager as a program and its arguments. */
interface Pager {
  readonly program: string;
  readonly args: readonly string[];
}

/** A shell's exit codes for a program that cannot be run or does not exist. */
const NEVER_RAN = [126, 127];

/**
 * The user's pager, by git's rule: KGIT_PAGER, PAGER, less. Null for none: the variable is empty or `cat`, or the terminal
 * is dumb. It comes only from the user's environment, because it is run.
 */
function pagerOf(environment: Environment): Pager | null {
  const named = environment['KGIT_PAGER'] ?? environment['PAGER'];
  if (named === undefined) return environment['TERM'] === 'dumb' ? null : { program: 'less', args: [] };
  const line = named.trim();
  // As in git, a pager is a shell command: 'less -S'.
  return line === '' || line === 'cat' ? null : shellCommand(line);
}

/**
 * Shows a text in the user's pager and waits for its end; the exit code does not matter.
 * Returns false if there is no pager or it could not be run: nothing was shown.
 */
export async function showPaged(text: string, environment: Environment): Promise<boolean> {
  const pager = pagerOf(environment);
  if (pager === null) return false;
  // Ctrl-C belongs to the pager, where it stops a search; this process must not end before it.
  const signals = new EndSignals();
  try {
    const { LESS, LV } = environment;
    const child = startOnTerminal(pager.program, pager.args, {
      environment: { ...environment, LESS: LESS ?? 'FRX', LV: LV ?? '-c' },
      stdin: 'pipe',
      stdout: 'stdout',
    });
    let ended: NodeJS.Signals | null = null;
    signals.to((signal) => {
      if (signal === 'SIGINT' || signal === 'SIGQUIT') return;
      ended = signal;
      child.kill(signal);
    });
    const failure = new Promise<Error>((resolve) => child.once('error', resolve));
    child.stdin?.on('error', (error) => {
      // The user left the pager early.
      if (!hasCode(error, 'EPIPE', 'ECONNRESET')) child.emit('error', error);
    });
    child.stdin?.end(text);
    const end = await Promise.race([once(child, 'exit'), failure]);
    if (end instanceof Error) {
      if (hasCode(end, 'ENOENT', 'EACCES')) return false;
      throw end;
    }
    if (ended !== null) {
      signals.release();
      process.kill(process.pid, ended);
    }
    return !NEVER_RAN.includes(end[0] as number);
  } finally {
    signals.release();
  }
}
