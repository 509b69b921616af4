import { performance } from 'node:perf_hooks';
import type { KgitRun } from '../kgit.js';
import { DEPLOYMENT, type Fleet, type Runner } from './fleet.js';
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

/** Runs one step and records it. */
export async function callKgit(
  { clones, run: kgitIn }: Fleet,
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
