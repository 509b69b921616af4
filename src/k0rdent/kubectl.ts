import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InterruptedError } from '../errors.js';
import { clusterFailure } from './cluster-failure.js';
import { classifyFailure, type Failure } from './failure.js';
import { type SpawnOptions, spawnKubectl } from './spawn-kubectl.js';

/** Reads through the user's kubectl, in one context. */
export interface Kubectl {
  /** The context asked; undefined: the kubeconfig's current one. */
  readonly context: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** The same kubectl in another context. */
  in(context: string): Kubectl;
  /** `kubectl get --raw PATH`, its JSON parsed. Throws ClusterError with the cause. */
  get(path: string): Promise<unknown>;
  /** `kubectl create --raw PATH`: posts an object that is a question, its answer parsed. Throws ClusterError. */
  ask(path: string, question: object): Promise<unknown>;
  /** Any other kubectl command that prints JSON. Throws ClusterError with the cause. */
  json(args: readonly string[]): Promise<unknown>;
}

export interface KubectlOptions extends Partial<SpawnOptions> {
  readonly environment: NodeJS.ProcessEnv;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Milliseconds that one request may take, the body included. */
  readonly requestTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Opens kubectl; nothing runs before the first call. */
export function openKubectl(options: KubectlOptions): Kubectl {
  const { context, kubeconfig, environment, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const spawnOptions: SpawnOptions = {
    program: options.program ?? 'kubectl',
    environment,
    cwd: options.cwd,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxOutputBytes: options.maxOutputBytes ?? MAX_OUTPUT_BYTES,
    signal: options.signal,
  };
  // In the form --flag=value, so that no value can become a flag.
  const flags = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ];

  /** `kubectl config` takes a kubeconfig that is not there for an empty one. */
  function noFile(): Failure | undefined {
    if (kubeconfig === undefined || existsSync(resolve(spawnOptions.cwd ?? '', kubeconfig))) return undefined;
    return { cause: 'kubeconfig', detail: `${kubeconfig}: no such file` };
  }

  async function json(args: readonly string[], path?: string, input?: string): Promise<unknown> {
    const run = await spawnKubectl([...flags, ...args], { ...spawnOptions, input });
    const scope = { context, path };
    if (run.ended === 'aborted') {
      const late = options.signal?.reason instanceof Error && options.signal.reason.name === 'TimeoutError';
      if (!late) throw new InterruptedError('interrupted while asking the cluster');
      throw clusterFailure({ cause: 'timeout', detail: '' }, scope);
    }
    if (run.ended !== 'exit') throw clusterFailure(classifyFailure(run), scope);
    if (run.code !== 0) throw clusterFailure(noFile() ?? classifyFailure(run), scope);
    try {
      return JSON.parse(run.stdout);
    } catch {
      throw clusterFailure({ cause: 'unexpected-answer', detail: run.stdout.slice(0, 80) }, scope);
    }
  }

  return {
    context,
    environment,
    in: (other) => openKubectl({ ...options, context: other }),
    get: (path) =>
      json([`--request-timeout=${requestTimeoutMs}ms`, 'get', '--raw', path], path.split('?', 1)[0]),
    ask: (path, question) =>
      json(
        [`--request-timeout=${requestTimeoutMs}ms`, 'create', '--raw', path, '-f', '-'],
        path,
        JSON.stringify(question),
      ),
    json: (args) => json(args),
  };
}
