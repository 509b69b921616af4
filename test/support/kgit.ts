import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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

/** Runs the built program to its end and checks JSON output against its schema. */
export function kgit(cwd: string, args: readonly string[], options: KgitOptions = {}): Promise<KgitRun> {
  const child = startKgit(cwd, args, options);
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
    child.on('close', (code) => {
      try {
        // A program ended from outside may have no result.
        if (asksForJson(args) && code !== null) checkResult(JSON.parse(stdout));
      } catch (cause) {
        reject(
          new Error(`kgit ${args.join(' ')} (exit ${code}): ${(cause as Error).message}\n${stderr}`, {
            cause,
          }),
        );
        return;
      }
      resolve({
        code,
        stdout,
        stderr,
        get json() {
          return JSON.parse(stdout);
        },
      });
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
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
