import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import { terminalText } from '../terminal/terminal-text.js';
import { startOnTerminal } from './child.js';
import type { EndSignal, EndSignals } from './end-signals.js';
import { ProcessTree } from './process-tree.js';

/** How a command of the user ended. */
export interface ChildEnd {
  /** As in a shell: 127 if the program does not exist, 126 if it cannot be run, 128+n after a signal. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  /** Why it never ran. */
  readonly failure: string | null;
  readonly seconds: number;
  /** Ids of processes that could not be ended. */
  readonly left: readonly number[];
}

export interface ChildOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Where its standard output goes. */
  readonly stdout: 'stdout' | 'stderr';
  /** What it reads from its standard input; that of this process if undefined. */
  readonly input?: string | undefined;
  readonly signals: EndSignals;
  /** Whether this process has a terminal. */
  readonly isInteractive: boolean;
  /** Ends the command, and all that it started, when `signal` fires: SIGTERM, and SIGKILL 10 seconds later. */
  readonly abort?: {
    readonly signal: AbortSignal;
    /** Id of the lease that is in the command's environment. */
    readonly lease: string;
  };
}

/** A terminal sends Ctrl-C and Ctrl-\ to all its processes. Passed on as well they would arrive twice, which many programs take for 'stop at once'. */
const FROM_TERMINAL: readonly EndSignal[] = ['SIGINT', 'SIGQUIT'];

/** Runs a command without a shell, with this process's streams, and passes signals on. Every ending is a value. */
function runChild(command: readonly string[], options: ChildOptions): Promise<ChildEnd> {
  const { environment, stdout, input, signals, isInteractive, abort } = options;
  const [program = '', ...args] = command;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    let ending: Promise<readonly number[]> = Promise.resolve([]);
    const end = (exitCode: number, signal: NodeJS.Signals | null, failure: string | null) => {
      // When the command is ended, its background processes are, too.
      ending.then((left) => {
        const seconds = Math.round(performance.now() - began) / 1000;
        resolve({ exitCode, signal, failure, seconds, left });
      }, reject);
    };
    const neverRan = (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      end(isMissing ? 127 : 126, null, isMissing ? 'command not found' : `cannot be run (${error.code})`);
    };
    try {
      const stdin = input === undefined ? 'inherit' : 'pipe';
      const child = startOnTerminal(program, args, { environment, stdin, stdout });
      // A command need not read it.
      child.stdin?.on('error', () => undefined).end(input);
      signals.to((signal) => {
        if (!isInteractive || !FROM_TERMINAL.includes(signal)) child.kill(signal);
      });
      const tree = abort && child.pid !== undefined ? new ProcessTree(child.pid, abort.lease) : null;
      const stop = () => {
        if (!tree) return;
        ending = tree.end();
        // A failure is reported when the command has ended.
        ending.catch(() => undefined);
      };
      if (abort?.signal.aborted) stop();
      else abort?.signal.addEventListener('abort', stop, { once: true });
      child.on('exit', (code, signal) => {
        abort?.signal.removeEventListener('abort', stop);
        end(signal ? 128 + constants.signals[signal] : (code ?? 1), signal, null);
      });
      child.on('error', (error) => {
        if (child.pid === undefined) neverRan(error);
      });
    } catch (error) {
      // spawn throws if the argument list is too long; a missing program is an event.
      neverRan(error as NodeJS.ErrnoException);
    }
  });
}

/** Runs a command of the user for `name` (such as `kgit run`); reports on stderr if it could not be run. */
export async function runForUser(
  name: string,
  command: readonly string[],
  options: Omit<ChildOptions, 'isInteractive'>,
): Promise<ChildEnd> {
  const { stdin, stdout, stderr } = process;
  // After a hang-up the terminal accepts no output; cleanup must run all the same.
  stderr.on('error', () => undefined);
  const isInteractive = [stdin, stdout, stderr].some(({ isTTY }) => isTTY === true);
  const end = await runChild(command, { ...options, isInteractive });
  if (end.left.length > 0)
    stderr.write(`${name}: could not end what the command had started: process ${end.left.join(', ')}\n`);
  if (end.failure !== null) stderr.write(`${name}: ${terminalText(command[0] ?? '')}: ${end.failure}\n`);
  return end;
}
