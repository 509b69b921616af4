import { type PipedChild, startChild } from '../../process/child.js';
import { type Ended, outputOf, type RunEnd, type RunLimits, recordsOf } from '../../process/child-output.js';

/** How to run kubectl; nothing is taken from this process implicitly. */
export interface SpawnOptions {
  /** The program's name or path. */
  readonly program: string;
  /** The child's whole environment: the user's own, so that auth plugins, proxies and KUBECONFIG work as they are. */
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  /** Milliseconds after which the child is killed. */
  readonly timeoutMs: number;
  /** Limit after which the child is killed: bytes of stdout, or characters of one line of a stream. */
  readonly maxOutputBytes: number;
  /** Ends the child early, at the command's deadline or at the user's request. */
  readonly signal?: AbortSignal | undefined;
}

export interface KubectlRun {
  readonly ended: Ended;
  /** Exit code; null if a signal ended it or it never ran. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_STDERR_BYTES = 64 * 1024;
const ABORTED: KubectlRun = { ended: 'aborted', code: null, stdout: '', stderr: '' };

function start(args: readonly string[], { program, environment, cwd }: SpawnOptions): PipedChild {
  return startChild(program, args, { environment, cwd });
}

/**
 * Limits of a run. Auth plugins may outlive kubectl and hold the pipes open, so kubectl is killed without waiting for
 * them.
 */
function limits({ timeoutMs, signal }: SpawnOptions): RunLimits {
  return { timeoutMs, signal, isForced: true };
}

function runOf({ ended, code, failure }: RunEnd, stdout: string, stderr: string): KubectlRun {
  return { ended, code, stdout: ended === 'exit' ? stdout : '', stderr: failure?.message ?? stderr };
}

/**
 * Runs kubectl to completion, without a shell. Never rejects: every outcome is a value.
 * @param input text for stdin; by default stdin is empty, because kubectl prompts there for missing credentials
 */
export async function spawnKubectl(
  args: readonly string[],
  options: SpawnOptions,
  input?: string,
): Promise<KubectlRun> {
  if (options.signal?.aborted) return ABORTED;
  const run = await outputOf(start(args, options), {
    ...limits(options),
    input,
    maxOutputBytes: options.maxOutputBytes,
    maxErrorBytes: MAX_STDERR_BYTES,
  });
  return runOf(run, run.stdout.toString('utf8'), run.stderr);
}

/**
 * Runs kubectl and yields its output line by line; the generator returns how the run ended. A last line without a line
 * break was cut, and is left out. Closing the generator ends kubectl.
 */
export async function* streamKubectl(
  args: readonly string[],
  options: SpawnOptions,
): AsyncGenerator<readonly string[], KubectlRun> {
  if (options.signal?.aborted) return ABORTED;
  const end = yield* recordsOf(start(args, options), {
    ...limits(options),
    separator: '\n',
    maxRecord: options.maxOutputBytes,
  });
  return runOf(end, '', end.stderr);
}
