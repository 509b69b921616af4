import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KgitRun, startKgit } from '../kgit.js';
import { DEPLOYMENT, type Runner, type Writers } from './fleet.js';
import type { Answer, Call, Step } from './history.js';
import { LEASE_MS } from './holder-rules.js';

/** The command line of a step. */
export function argumentsOf(step: Step, id: string): string[] {
  const lock = step.lock === undefined ? [] : ['--lock', step.lock];
  const write = ['--run-id', id, '--json', ...lock];
  switch (step.kind) {
    case 'event':
      return ['push-event', 'touched', '--cluster', `c-${id.length % 3}`, ...write];
    case 'set': {
      const condition =
        step.expected === undefined
          ? []
          : step.expected === null
            ? ['--if-absent', step.path]
            : ['--if', `${step.path}=${step.expected}`];
      return [
        'set',
        '--create-key',
        `${step.path}=${step.value}`,
        '--deployment',
        DEPLOYMENT,
        ...condition,
        ...write,
      ];
    }
    case 'unset':
      return ['unset', step.path, '--deployment', DEPLOYMENT, ...write];
    case 'look':
      return ['get', step.at, '--deployment', DEPLOYMENT, '--fetch', '--default', 'nothing', '--json'];
    case 'lock':
      return ['lock', step.lock, '--ttl', `${LEASE_MS / 1000}s`, '--json'];
    case 'unlock':
      return ['unlock', step.lock, '--json'];
    case 'break':
      return ['unlock', step.lock, '--force', '--reason', 'campaign', '--json'];
  }
}

function answerOf({ stdout }: KgitRun): Answer | null {
  try {
    return JSON.parse(stdout) as Answer;
  } catch {
    // Killed before or during its answer.
    return null;
  }
}

/** Runs kgit and kills it after `ms` if it still runs. */
export const killedAfter =
  (ms: number): Runner =>
  async (clone, args, options) => {
    const child = startKgit(clone, args, options);
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stderr.resume();
    child.stdin.end();
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const stop = new AbortController();
    void sleep(ms, undefined, { signal: stop.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
    const code = await ended;
    stop.abort();
    return { code, stdout, stderr: '', json: null } satisfies KgitRun;
  };

/** Runs one step and records it. */
export async function callKgit(
  { clones, run: kgitIn }: Writers,
  clone: number,
  id: string,
  step: Step,
  options: { readonly more?: readonly string[]; readonly run?: Runner } = {},
): Promise<Call> {
  const { more = [], run = kgitIn } = options;
  const began = performance.now();
  const ended = await run(clones[clone] as string, [...argumentsOf(step, id), ...more]);
  return {
    id,
    clone,
    step,
    began,
    ended: performance.now(),
    code: ended.code,
    answer: answerOf(ended),
  };
}
