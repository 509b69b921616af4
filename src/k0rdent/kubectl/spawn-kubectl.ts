import { spawn } from 'node:child_process';

/** How kubectl is run; nothing of it is read from this process. */
export interface SpawnOptions {
  /** The program's name or path. */
  readonly program: string;
  /** The child's whole environment: the user's own, so that auth plugins, proxies and KUBECONFIG work as they are. */
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  /** Milliseconds after which the child is killed. */
  readonly timeoutMs: number;
  /** Bytes of stdout after which the child is killed. */
  readonly maxOutputBytes: number;
  /** Ends the child early: the whole command's deadline, or the user. */
  readonly signal?: AbortSignal | undefined;
  /** What it reads from stdin; nothing where left out. */
  readonly input?: string | undefined;
}

/** How a run of kubectl ended. */
export type Ended = 'exit' | 'missing' | 'not-startable' | 'timeout' | 'too-large' | 'aborted';

export interface KubectlRun {
  readonly ended: Ended;
  /** Exit code; null where a signal ended it or it never ran. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_STDERR_BYTES = 64 * 1024;

/** Runs kubectl to its end, without a shell, and without stdin unless there is input. Never rejects: every ending is a value. */
export function spawnKubectl(args: readonly string[], options: SpawnOptions): Promise<KubectlRun> {
  return new Promise((resolve) => {
    const { program, environment, cwd, signal, input } = options;
    if (signal?.aborted) {
      resolve({ ended: 'aborted', code: null, stdout: '', stderr: '' });
      return;
    }
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    let errorSize = 0;
    // stdin is ended at once: kubectl asks it for a user name where a context has no credentials.
    const child = spawn(program, args, { env: environment, cwd, stdio: 'pipe' });
    // Who ends before it reads all closes its end: how it ended is told by its exit.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
    const finish = (ended: Ended, code: number | null = null, trouble?: string) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve({
        ended,
        code,
        stdout: ended === 'exit' ? text(stdout) : '',
        stderr: trouble ?? text(stderr),
      });
    };
    const stop = (ended: Ended) => {
      child.kill('SIGKILL');
      // An auth plugin may outlive kubectl and hold the pipes: don't wait for their end.
      child.stdout.destroy();
      child.stderr.destroy();
      finish(ended);
    };
    const abort = () => stop('aborted');
    const timer = setTimeout(() => stop('timeout'), options.timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > options.maxOutputBytes) stop('too-large');
      else stdout.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (errorSize < MAX_STDERR_BYTES) stderr.push(chunk.subarray(0, MAX_STDERR_BYTES - errorSize));
      errorSize += chunk.length;
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ENOENT' ? 'missing' : 'not-startable', null, error.message),
    );
    child.on('close', (code) => finish('exit', code));
  });
}
