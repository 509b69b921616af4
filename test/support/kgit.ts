import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runHere } from './program-here.js';
import { checkResult } from './schemas.js';

/** The built program. */
export const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface KgitRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
  readonly json: any;
}

export interface KgitOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** A program, with its arguments, that runs kgit, such as strace. */
  readonly under?: readonly string[];
}

/** Starts the built program as a user would. */
export function startKgit(
  cwd: string,
  args: readonly string[],
  options: KgitOptions = {},
): ChildProcessWithoutNullStreams {
  const [command = process.execPath, ...before] = [...(options.under ?? []), process.execPath];
  return spawn(command, [...before, PROGRAM, ...args], {
    cwd,
    env: { ...process.env, ...options.env },
    stdio: 'pipe',
  });
}

/** Whether the arguments ask for JSON; those after `--` belong to another program. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const own = end < 0 ? args : args.slice(0, end);
  return own.some(
    (word, i) =>
      ['--json', '-ojson', '-o=json', '--output=json'].includes(word) ||
      (word === 'json' && /^(-o|--output)$/.test(own[i - 1] ?? '')),
  );
}

/** How the program ended, with its streams read. */
function endOf(child: ChildProcessWithoutNullStreams, input: string): Promise<Omit<KgitRun, 'json'>> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Checks JSON output against its schema. */
function checked(args: readonly string[], run: Omit<KgitRun, 'json'>): KgitRun {
  const { code, stdout, stderr } = run;
  try {
    // A program ended from outside may have no result.
    if (asksForJson(args) && code !== null) checkResult(JSON.parse(stdout));
  } catch (cause) {
    throw new Error(`kgit ${args.join(' ')} (exit ${code}): ${(cause as Error).message}\n${stderr}`, {
      cause,
    });
  }
  return {
    ...run,
    get json() {
      return JSON.parse(stdout);
    },
  };
}

/** Whether a run needs a process of its own: for its streams, which a command that it starts shares, or for node. */
function needsProcess(args: readonly string[], { env = {}, under }: KgitOptions): boolean {
  const [word = ''] = args;
  const startsCommand = (word === 'run' || word === 'lock') && args.includes('--');
  return (
    under !== undefined ||
    startsCommand ||
    ['edit', 'shell-server', 'demo', 'mcp'].includes(word) ||
    Object.keys(env).some((name) => name === 'TZ' || name.startsWith('NODE_'))
  );
}

let isBusy = false;

/**
 * Runs the built program to its end and checks JSON output against its schema: in this process, where nothing else runs
 * there and the run needs no process of its own.
 */
export async function kgit(
  cwd: string,
  args: readonly string[],
  options: KgitOptions = {},
): Promise<KgitRun> {
  if (isBusy || needsProcess(args, options)) return kgitProcess(cwd, args, options);
  isBusy = true;
  try {
    const env = Object.entries({ ...process.env, ...options.env }).filter(([, value]) => value !== undefined);
    return checked(args, await runHere(cwd, args, Object.fromEntries(env), options.input ?? ''));
  } finally {
    isBusy = false;
  }
}

/** What the calls resolve to, made one after the other: runs that do not overlap need no processes of their own. */
export async function inTurn<T extends readonly unknown[]>(
  calls: {
    readonly [K in keyof T]: () => Promise<T[K]>;
  },
): Promise<T> {
  const results: unknown[] = [];
  for (const call of calls) results.push(await call());
  return results as unknown as T;
}

/** Runs the built program to its end, in a process of its own, and checks JSON output against its schema. */
export async function kgitProcess(
  cwd: string,
  args: readonly string[],
  options: KgitOptions = {},
): Promise<KgitRun> {
  return checked(args, await endOf(startKgit(cwd, args, options), options.input ?? ''));
}

/** Runs the program and expects success; its JSON result. */
export async function kgitJson(
  cwd: string,
  args: readonly string[],
  options: KgitOptions = {},
): Promise<KgitRun['json']> {
  const run = await kgit(cwd, [...args, '--json'], options);
  if (run.code !== 0)
    throw new Error(`kgit ${args.join(' ')} exited with ${run.code}: ${run.stdout}${run.stderr}`);
  return run.json;
}
