import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
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

/** A run on a pseudo-terminal that goes on. */
export interface RunningTerminal {
  readonly child: ChildProcessWithoutNullStreams;
  /** All that the screen got so far, as it came. */
  readonly said: { screen: string };
  readonly ended: Promise<TerminalRun>;
  /** The id of the program's process. */
  program(): number;
  /** Gives the terminal another size, as a user does who pulls at its window. */
  resize(columns: number, rows: number): void;
}

/** Starts the built program with stdin, stdout and stderr on a pseudo-terminal of 24 rows. */
export function startOnTerminal(
  cwd: string,
  args: readonly string[],
  { columns = 80, env }: Pick<TerminalOptions, 'columns' | 'env'> = {},
): RunningTerminal {
  const words = [process.execPath, PROGRAM, ...args].map(quoted).join(' ');
  const child = spawn('script', ['-qec', `stty cols ${columns} rows 24; exec ${words}`, '/dev/null'], {
    cwd,
    env: { ...process.env, TERM: 'xterm-256color', ...env },
    stdio: 'pipe',
  });
  const said = { screen: '' };
  const take = (text: string) => {
    said.screen += text;
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  child.stdin.on('error', () => undefined);
  const ended = new Promise<TerminalRun>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, screen: said.screen.replaceAll('\r\n', '\n') }));
  });
  const program = () => {
    const [id] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
    return Number(id);
  };
  const resize = (columns: number, rows: number) => {
    const terminal = readlinkSync(`/proc/${program()}/fd/1`);
    execFileSync('stty', ['-F', terminal, 'cols', String(columns), 'rows', String(rows)]);
  };
  return { child, said, ended, program, resize };
}

/** Runs the built program with stdin, stdout and stderr on a pseudo-terminal, as a user at a terminal does. */
export function onTerminal(
  cwd: string,
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<TerminalRun> {
  const { input = '', typesAfter } = options;
  const { child, said, ended } = startOnTerminal(cwd, args, options);
  let hasTyped = false;
  const type = () => {
    hasTyped = true;
    child.stdin.write(input);
  };
  const look = () => {
    if (!hasTyped && typesAfter !== undefined && said.screen.includes(typesAfter)) type();
  };
  child.stdout.on('data', look);
  child.stderr.on('data', look);
  if (typesAfter === undefined && input !== '') type();
  return ended;
}
