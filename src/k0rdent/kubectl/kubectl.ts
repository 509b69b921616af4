import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClusterError, InterruptedError } from '../../errors.js';
import { clusterFailure, isPassing } from './cluster-failure.js';
import { classifyFailure, type Failure } from './failure.js';
import { type KubectlRun, type SpawnOptions, spawnKubectl, streamKubectl } from './spawn-kubectl.js';

/** Reads a cluster through the user's kubectl, in one context. */
export interface Kubectl {
  /** The context; undefined for the kubeconfig's current one. */
  readonly context: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Time limit of one query, including all pages of a list, in ms. */
  readonly timeoutMs: number;
  /** The same kubectl in another context. */
  in(context: string): Kubectl;
  /** `kubectl get --raw PATH`, its JSON parsed. Throws ClusterError with the cause. */
  get(path: string): Promise<unknown>;
  /** `kubectl create --raw PATH`: posts a review object; returns the parsed answer. Throws ClusterError. */
  ask(path: string, question: object): Promise<unknown>;
  /**
   * `kubectl get --raw PATH` of a watch: yields the JSON of each line as it arrives, for at most `ms`. Throws
   * ClusterError with the cause.
   */
  stream(path: string, ms: number): AsyncGenerator<unknown, void>;
  /** Any other kubectl command that prints JSON. Throws ClusterError with the cause. */
  json(args: readonly string[]): Promise<unknown>;
}

export interface KubectlOptions extends Partial<SpawnOptions> {
  readonly environment: NodeJS.ProcessEnv;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Time limit of one request, including its body, in ms. */
  readonly requestTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Prepares kubectl; nothing runs before the first call. */
export function openKubectl(options: KubectlOptions): Kubectl {
  const { context, kubeconfig, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  // The token is for git's remote; kubectl and its plugins do not need it.
  const environment = { ...options.environment, KGIT_TOKEN: undefined };
  const spawnOptions: SpawnOptions = {
    program: options.program ?? 'kubectl',
    environment,
    cwd: options.cwd,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxOutputBytes: options.maxOutputBytes ?? MAX_OUTPUT_BYTES,
    signal: options.signal,
  };
  // Each running kubectl adds a listener, and several contexts run at once; this is not a leak.
  if (options.signal !== undefined) setMaxListeners(0, options.signal);
  // As --flag=value, so that no value can become a flag.
  const flags = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ];

  /** `kubectl config` treats a missing kubeconfig as an empty one. */
  function noFile(): Failure | undefined {
    if (kubeconfig === undefined || existsSync(resolve(spawnOptions.cwd ?? '', kubeconfig))) return undefined;
    return { cause: 'kubeconfig', detail: `${kubeconfig}: no such file` };
  }

  /** Throws ClusterError or InterruptedError if a run failed. */
  function requireSuccess(run: KubectlRun, path: string | undefined): void {
    const scope = { context, path };
    if (run.ended === 'aborted') {
      const late = options.signal?.reason instanceof Error && options.signal.reason.name === 'TimeoutError';
      if (!late) throw new InterruptedError('interrupted while asking the cluster');
      throw clusterFailure({ cause: 'timeout', detail: '' }, scope);
    }
    if (run.ended !== 'exit') throw clusterFailure(classifyFailure(run), scope);
    if (run.code !== 0) throw clusterFailure(noFile() ?? classifyFailure(run), scope);
  }

  /** As `requireSuccess`, once an answer has begun: unless the message says more, the connection was cut. */
  function requireWhole(run: KubectlRun, path: string | undefined): void {
    try {
      requireSuccess(run, path);
    } catch (error) {
      if (!(error instanceof ClusterError) || isPassing(error) || run.ended !== 'exit') throw error;
      throw clusterFailure(
        { cause: 'connection-cut', detail: classifyFailure(run).detail },
        { context, path },
      );
    }
  }

  function parse(text: string, path: string | undefined): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw clusterFailure({ cause: 'unexpected-answer', detail: text.slice(0, 80) }, { context, path });
    }
  }

  async function json(args: readonly string[], path?: string, input?: string): Promise<unknown> {
    const run = await spawnKubectl([...flags, ...args], spawnOptions, input);
    requireSuccess(run, path);
    return parse(run.stdout, path);
  }

  async function* stream(path: string, ms: number): AsyncGenerator<unknown, void> {
    const asked = path.split('?', 1)[0];
    const args = [...flags, `--request-timeout=${ms}ms`, 'get', '--raw', path];
    const lines = streamKubectl(args, { ...spawnOptions, timeoutMs: ms + spawnOptions.timeoutMs });
    let hasBegun = false;
    try {
      for (;;) {
        const next = await lines.next();
        // Ctrl-C also reaches kubectl, and may do so before it reaches kgit.
        if (next.done && next.value.ended === 'exit' && next.value.code === null)
          throw clusterFailure(
            { cause: 'connection-cut', detail: 'kubectl was ended' },
            { context, path: asked },
          );
        if (next.done) return hasBegun ? requireWhole(next.value, asked) : requireSuccess(next.value, asked);
        for (const line of next.value) {
          hasBegun = true;
          if (line.trim() !== '') yield parse(line, asked);
        }
      }
    } finally {
      await lines.return({ ended: 'aborted', code: null, stdout: '', stderr: '' });
    }
  }

  return {
    context,
    environment,
    timeoutMs: spawnOptions.timeoutMs,
    in: (other) => openKubectl({ ...options, context: other }),
    get: (path) =>
      json([`--request-timeout=${requestTimeoutMs}ms`, 'get', '--raw', path], path.split('?', 1)[0]),
    ask: (path, question) =>
      json(
        [`--request-timeout=${requestTimeoutMs}ms`, 'create', '--raw', path, '-f', '-'],
        path,
        JSON.stringify(question),
      ),
    stream,
    json: (args) => json(args),
  };
}
