import { type KgitOptions, startKgit } from './kgit.js';

/** The last words that `kgit demo` prints once its stand-in answers, as text or as JSON. */
const READY = /Ctrl-C ends|^\}\n/m;

/** A `kgit demo` whose stand-in answers. */
export interface RunningDemo {
  readonly stdout: string;
  /** Ends it with a signal, as Ctrl-C does. */
  end(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** Starts the built program's demo and waits until it runs. */
export function runningDemo(
  cwd: string,
  args: readonly string[],
  options: KgitOptions = {},
): Promise<RunningDemo> {
  const child = startKgit(cwd, ['demo', ...args], options);
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const end = async (signal: NodeJS.Signals = 'SIGINT') => {
    child.kill(signal);
    return { code: await ended, stderr };
  };
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      if (READY.test(stdout)) resolve({ stdout, end });
    });
    ended.then((code) => reject(new Error(`kgit demo ended with ${code}: ${stderr}`)), reject);
  });
}
