import { type PipedChild, stopChild } from './child.js';

/** What a child may use before it is ended. */
export interface RunLimits {
  /** ms for the whole run. */
  readonly timeoutMs?: number | undefined;
  /** Ends the child when it fires. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it with SIGKILL and leaves what it started, instead of SIGTERM first. */
  readonly isForced?: boolean;
}

/** How a run ended: by itself, not started at all, or by a limit. */
export type Ended = 'exit' | 'missing' | 'not-startable' | 'timeout' | 'too-large' | 'aborted';

export interface RunEnd {
  readonly ended: Ended;
  /** Exit code; null where a signal ended the child or it never ran. */
  readonly code: number | null;
  /** Why it could not be started. */
  readonly failure: NodeJS.ErrnoException | null;
}

/** Watches a child from its start to its end, and ends it at its limits. */
class Watch {
  /** Resolves when the child and its streams have ended. */
  readonly closed: Promise<void>;
  isClosed = false;
  #ended: Ended = 'exit';
  #code: number | null = null;
  #failure: NodeJS.ErrnoException | null = null;
  readonly #child: PipedChild;
  readonly #isForced: boolean;

  constructor(child: PipedChild, { timeoutMs, signal, isForced = false }: RunLimits) {
    this.#child = child;
    this.#isForced = isForced;
    const abort = () => this.stop('aborted');
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.stop('timeout'), timeoutMs);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    this.closed = new Promise((resolve) => {
      const end = () => {
        this.isClosed = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      child.on('error', (error: NodeJS.ErrnoException) => {
        // A running child reports a signal that it could not be sent in the same way.
        if (child.pid !== undefined) return;
        this.#failure = error;
        this.#ended = error.code === 'ENOENT' ? 'missing' : 'not-startable';
        end();
      });
      child.on('close', (code) => {
        if (this.#failure === null) this.#code = code;
        end();
      });
    });
    // A child that ends early closes its input; its exit code tells why.
    child.stdin.on('error', () => undefined);
  }

  get isStopped(): boolean {
    return this.#ended !== 'exit';
  }

  get end(): RunEnd {
    return { ended: this.#ended, code: this.#code, failure: this.#failure };
  }

  stop(why: Ended): void {
    if (this.isStopped || this.isClosed) return;
    this.#ended = why;
    stopChild(this.#child, this.#isForced);
  }
}

export interface OutputOptions extends RunLimits {
  readonly input?: string | Buffer | Iterable<string | Buffer> | undefined;
  /** Bytes of output after which the child is ended. */
  readonly maxOutputBytes: number;
  /** Bytes of stderr that are kept, the first ones; they count as output. */
  readonly maxErrorBytes?: number;
  readonly onStderr?: ((text: string) => void) | undefined;
}

export interface ChildOutput extends RunEnd {
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a child that was just started to its end and collects its output. Never rejects: every ending is a value. */
export async function outputOf(child: PipedChild, options: OutputOptions): Promise<ChildOutput> {
  const { input, maxOutputBytes, maxErrorBytes = Number.POSITIVE_INFINITY, onStderr } = options;
  const watch = new Watch(child, options);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let size = 0;
  let errorSize = 0;
  const take = (chunk: Buffer, into: Buffer[]) => {
    size += chunk.length;
    if (size > maxOutputBytes) watch.stop('too-large');
    else into.push(chunk);
  };
  child.stdout.on('data', (chunk: Buffer) => take(chunk, stdout));
  child.stderr.on('data', (chunk: Buffer) => {
    onStderr?.(chunk.toString('utf8'));
    if (errorSize < maxErrorBytes) take(chunk.subarray(0, maxErrorBytes - errorSize), stderr);
    errorSize += chunk.length;
  });
  await Promise.all([feed(child, input, watch.closed), watch.closed]);
  return { ...watch.end, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') };
}

/** Writes the input as fast as the child reads it, so that little of it is in memory; ends with the child. */
async function feed(child: PipedChild, input: OutputOptions['input'], closed: Promise<void>): Promise<void> {
  if (input === undefined || typeof input === 'string' || Buffer.isBuffer(input)) {
    child.stdin.end(input);
    return;
  }
  let isClosed = false;
  const ended = closed.then(() => {
    isClosed = true;
  });
  for (const chunk of input) {
    if (isClosed) return;
    if (child.stdin.write(chunk)) continue;
    await Promise.race([new Promise((resolve) => child.stdin.once('drain', resolve)), ended]);
  }
  child.stdin.end();
}

export interface RecordOptions extends RunLimits {
  /** What each record ends with. */
  readonly separator: string;
  /** ms without output after which the child is ended, counted while it is read from. */
  readonly idleMs?: number | undefined;
  /** Characters of one record after which the child is ended. */
  readonly maxRecord?: number;
}

export interface RecordsEnd extends RunEnd {
  /** What came after the last separator. */
  readonly rest: string;
  /** The last 64 KiB of it. */
  readonly stderr: string;
}

const MAX_STDERR = 64 * 1024;

/**
 * Gives the output of a child that was just started record by record, as many at a time as come together, and returns
 * how it ended. The child runs as far as it is read; whoever stops reading ends it.
 */
export async function* recordsOf(
  child: PipedChild,
  options: RecordOptions,
): AsyncGenerator<readonly string[], RecordsEnd> {
  const { separator, idleMs, maxRecord = Number.POSITIVE_INFINITY } = options;
  const watch = new Watch(child, options);
  let idle: NodeJS.Timeout | undefined;
  const awaits = () => {
    if (idleMs !== undefined) idle = setTimeout(() => watch.stop('timeout'), idleMs);
  };
  child.stdin.end();
  child.stdout.setEncoding('utf8');
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR);
  });
  let rest = '';
  try {
    awaits();
    for await (const chunk of child.stdout) {
      clearTimeout(idle);
      const records = (rest + chunk).split(separator);
      rest = records.pop() ?? '';
      yield records;
      if (rest.length > maxRecord) watch.stop('too-large');
      awaits();
    }
  } catch (error) {
    // Ending a child destroys the pipe that is read from.
    if (!watch.isStopped) throw error;
  } finally {
    clearTimeout(idle);
    // After its last output the child ends by itself; before that nobody reads on.
    if (!child.stdout.readableEnded) watch.stop('aborted');
    await watch.closed;
  }
  return { ...watch.end, rest, stderr };
}
