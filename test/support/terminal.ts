import { spawn } from 'node:child_process';
import { PROGRAM } from './kgit.js';

export interface TerminalOptions {
  /** Width of the terminal; 80 where left out. */
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What the user types, control characters included: `\u0003` is Ctrl-C, `\u0004` Ctrl-D. */
  readonly input?: string;
  /** The text after whose appearance the user begins to type; at once where left out. */
  readonly typesAfter?: string;
}

/** A run on a pseudo-terminal. */
export interface TerminalRun {
  readonly code: number | null;
  /** All that the screen got, stdout and stderr together, with line ends as `\n`. */
  readonly screen: string;
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs the built program with stdin, stdout and stderr on a pseudo-terminal, as a user at a terminal does. */
export function onTerminal(
  cwd: string,
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<TerminalRun> {
  const { columns = 80, input = '', typesAfter } = options;
  const words = [process.execPath, PROGRAM, ...args].map(quoted).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns} rows 24; exec ${words}`, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm-256color', ...options.env },
    stdio: 'pipe',
  });
  let screen = '';
  let hasTyped = false;
  const type = () => {
    hasTyped = true;
    child.stdin.write(input);
  };
  return new Promise((resolve, reject) => {
    const take = (text: string) => {
      screen += text;
      if (!hasTyped && typesAfter !== undefined && screen.includes(typesAfter)) type();
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.stdin.on('error', () => undefined);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, screen: screen.replaceAll('\r\n', '\n') }));
    if (typesAfter === undefined && input !== '') type();
  });
}
