import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { type KgitOptions, startKgit } from '../kgit.js';

/** The document that `kgit serve -o json` prints once it listens. */
export interface ServeDocument {
  readonly kind: string;
  readonly url: string;
  readonly path: string;
}

/** A `kgit serve` that listens. */
export interface RunningServe {
  readonly document: ServeDocument;
  /** What it has told the operator. */
  readonly stderr: () => string;
  /** Ends it with a signal, as a service manager does. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts the built program's server on a free port, and waits until it listens. */
export function runningServer(
  cwd: string,
  args: readonly string[] = [],
  options: KgitOptions = {},
): Promise<RunningServe> {
  const child: ChildProcessWithoutNullStreams = startKgit(
    cwd,
    ['serve', '--listen', '127.0.0.1:0', '-o', 'json', ...args],
    options,
  );
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return ended;
  };
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      const [line, rest] = stdout.split('\n', 2);
      if (rest !== undefined) resolve({ document: JSON.parse(line ?? ''), stderr: () => stderr, end });
    });
    ended.then((code) => reject(new Error(`kgit serve ended with ${code}: ${stderr}`)), reject);
  });
}
