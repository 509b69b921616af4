import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import type { Ended, KubectlRun, SpawnOptions } from './spawn-kubectl.js';

/** Of a stream the bytes of one line count, for it has no end; nor is there any input. */
export type StreamOptions = Omit<SpawnOptions, 'input'>;

const MAX_STDERR_BYTES = 64 * 1024;

/**
 * Runs kubectl and gives its output line by line as it comes; how it ended is the generator's return value. What
 * comes after the last line break is a line that was cut, and is left out. Whoever stops reading ends kubectl.
 */
export async function* streamKubectl(
  args: readonly string[],
  options: StreamOptions,
): AsyncGenerator<string, KubectlRun> {
  const { program, environment, cwd, signal } = options;
  const ending = (ended: Ended, code: number | null, stderr: string): KubectlRun => {
    return { ended, code, stdout: '', stderr };
  };
  if (signal?.aborted) return ending('aborted', null, '');
  const child = spawn(program, args, { env: environment, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stopped: Ended | null = null;
  let trouble: NodeJS.ErrnoException | null = null;
  let isClosed = false;
  let stderr = '';
  const stop = (why: Ended) => {
    stopped ??= why;
    child.kill('SIGKILL');
    // An auth plugin may outlive kubectl and hold the pipes: don't wait for their end.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const abort = () => stop('aborted');
  const timer = setTimeout(() => stop('timeout'), options.timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  const closed = new Promise<number | null>((resolve) => {
    const end = (code: number | null) => {
      isClosed = true;
      resolve(code);
    };
    child.on('close', end);
    child.on('error', (error) => {
      trouble = error;
      end(null);
    });
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR_BYTES);
  });
  let code: number | null = null;
  try {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for await (const chunk of child.stdout) {
      const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
      if (rest.length > options.maxOutputBytes) stop('too-large');
    }
    code = await closed;
  } catch (error) {
    // Its pipe was destroyed by `stop`: how it ended is known.
    if (stopped === null) throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    if (!isClosed) stop('aborted');
  }
  const failed = trouble as NodeJS.ErrnoException | null;
  if (failed !== null)
    return ending(failed.code === 'ENOENT' ? 'missing' : 'not-startable', null, failed.message);
  return ending(stopped ?? 'exit', code, stderr);
}
