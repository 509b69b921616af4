import { once } from 'node:events';
import { hasCode } from '../model/value/error-codes.js';
import { startOnTerminal } from './child.js';
import { EndSignals } from './end-signals.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A pager as a program and its arguments. */
interface Pager {
  readonly program: string;
  readonly args: readonly string[];
}

/** How a shell says that there is no such program, or that it cannot be run. */
const NEVER_RAN = [126, 127];

/**
 * The user's pager by git's rule: KGIT_PAGER, PAGER, less. Null where there is to be none: the variable is empty or `cat`,
 * or the terminal cannot be moved about in. Only the user's environment is asked, for it is run.
 */
function pagerOf(environment: Environment): Pager | null {
  const named = environment['KGIT_PAGER'] ?? environment['PAGER'];
  if (named === undefined) return environment['TERM'] === 'dumb' ? null : { program: 'less', args: [] };
  const line = named.trim();
  // A pager is a line of shell, as git has it: 'less -S'.
  return line === '' || line === 'cat' ? null : { program: 'sh', args: ['-c', line] };
}

/**
 * Shows a text through the user's pager and waits until that is left; what the pager ends with is no matter.
 * False where there is none or it could not be run, so that nothing was shown.
 */
export async function showPaged(text: string, environment: Environment): Promise<boolean> {
  const pager = pagerOf(environment);
  if (pager === null) return false;
  // Ctrl-C is the pager's: it stops a search there, and this process would leave it alone with the terminal.
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
      // Who leaves the pager early has read enough.
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
