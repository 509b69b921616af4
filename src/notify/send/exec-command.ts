import { startChild } from '../../process/child.js';
import { type ChildOutput, outputOf } from '../../process/child-output.js';

/** Output past this ends the command, in bytes. */
const MAX_OUTPUT = 1024 * 1024;

interface CommandOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly withheld: ReadonlySet<string>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

function problemOf({ ended, code }: ChildOutput, timeoutMs: number): string | null {
  switch (ended) {
    case 'exit':
      if (code === 0) return null;
      return code === null ? 'a signal ended it' : `it exited with ${code}`;
    case 'missing':
      return 'the program does not exist';
    case 'not-startable':
      return 'the program cannot be run';
    case 'timeout':
      return `it did not end within ${Math.round(timeoutMs / 1000)} s`;
    case 'too-large':
      return 'it prints too much';
    case 'aborted':
      return 'stopped';
  }
}

/**
 * Runs a command without a shell, with `input` on its standard input, in a process group that is ended with it at the
 * time limit. The command sees the environment without the secrets in it.
 * @returns what went wrong, null if nothing did; and what it printed
 */
export async function runExec(
  [program, ...args]: readonly [string, ...string[]],
  input: string,
  { environment, cwd, withheld, timeoutMs, signal }: CommandOptions,
): Promise<{ readonly problem: string | null; readonly output: string }> {
  const seen = Object.fromEntries(Object.entries(environment).filter(([name]) => !withheld.has(name)));
  const child = startChild(program, args, { environment: seen, cwd, ownGroup: true });
  const ended = await outputOf(child, { input, timeoutMs, signal, maxOutputBytes: MAX_OUTPUT });
  const output = ended.stderr.trim() === '' ? ended.stdout.toString('utf8') : ended.stderr;
  return { problem: problemOf(ended, timeoutMs), output };
}
