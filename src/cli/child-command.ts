import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { EndSignal, EndSignals } from './end-signals.js';

/** How a command of the user's own ended. */
export interface ChildEnd {
  /** As a shell has it: 127 where there is no such program, 126 where it cannot be run, 128+n after a signal. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  /** Why it never ran. */
  readonly failure: string | null;
  readonly seconds: number;
}

export interface ChildOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Where its standard output goes. */
  readonly stdout: 'stdout' | 'stderr';
  readonly signals: EndSignals;
  /** Whether this process has a terminal. */
  readonly isInteractive: boolean;
}

/** Ctrl-C and Ctrl-\ reach every process of a terminal; passed on, too, they would come twice, which many take for 'stop at once'. */
const FROM_TERMINAL: readonly EndSignal[] = ['SIGINT', 'SIGQUIT'];

/** Runs a command without a shell, with the streams of this process, passing signals on. Every ending is a value. */
export function runChild(command: readonly string[], options: ChildOptions): Promise<ChildEnd> {
  const { environment, stdout, signals, isInteractive } = options;
  const [program = '', ...args] = command;
  const began = performance.now();
  return new Promise((resolve) => {
    const end = (exitCode: number, signal: NodeJS.Signals | null, failure: string | null) => {
      const seconds = Math.round(performance.now() - began) / 1000;
      resolve({ exitCode, signal, failure, seconds });
    };
    const neverRan = (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      end(isMissing ? 127 : 126, null, isMissing ? 'command not found' : `cannot be run (${error.code})`);
    };
    try {
      const child = spawn(program, args, {
        env: environment,
        stdio: ['inherit', stdout === 'stdout' ? 'inherit' : 2, 'inherit'],
      });
      signals.to((signal) => {
        if (!isInteractive || !FROM_TERMINAL.includes(signal)) child.kill(signal);
      });
      child.on('exit', (code, signal) =>
        end(signal ? 128 + constants.signals[signal] : (code ?? 1), signal, null),
      );
      child.on('error', (error) => {
        if (child.pid === undefined) neverRan(error);
      });
    } catch (error) {
      // An argument list that is too long is thrown, where a missing program is an event.
      neverRan(error as NodeJS.ErrnoException);
    }
  });
}
