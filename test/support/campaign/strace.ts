import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import type { KgitOptions } from '../kgit.js';

/** The system calls by which kgit makes files durable, names them and removes them. */
const CALLS = ['fsync', 'link', 'rename', 'unlink'] as const;

/** A moment at which kgit itself is killed: before its nth call of this kind is carried out. */
export interface SystemCallPoint {
  readonly call: (typeof CALLS)[number];
  readonly nth: number;
  /** What the call is about, such as `outbox`. */
  readonly about: string;
}

// One thread makes all calls, in one order; the children of kgit are let go, so that only its own are counted.
const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' };
const follow = (...more: string[]) => ['strace', '-f', '-b', 'execve', '-qq', '-y', ...more];

/** Runs kgit so that its calls are written into a log. */
export function traced(): KgitOptions & { points(): SystemCallPoint[] } {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch (cause) {
    throw new Error('The kill campaign needs strace (Debian: strace)', { cause });
  }
  const log = join(temporaryFolder('kgit-strace-'), 'log');
  return {
    env: ONE_THREAD,
    under: follow('-o', log, '-e', `trace=${CALLS.join(',')}`),
    points: () => pointsOf(readFileSync(log, 'utf8')),
  };
}

function pointsOf(log: string): SystemCallPoint[] {
  const counts = new Map<string, number>();
  return log.split('\n').flatMap((line) => {
    const match = /^\d+ +(fsync|link|rename|unlink)\((.*)/.exec(line);
    if (!match) return [];
    const call = match[1] as SystemCallPoint['call'];
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    const about = /\/kgit\/([a-z-]+)/.exec(match[2] as string)?.[1] ?? 'kgit';
    return [{ call, nth, about }];
  });
}

/** Runs kgit so that it is killed at this point. */
export function killedAt({ call, nth }: SystemCallPoint): KgitOptions {
  const inject = `inject=${call}:signal=KILL:when=${nth}`;
  return { env: ONE_THREAD, under: follow('-o', '/dev/null', '-e', `trace=${call}`, '-e', inject) };
}
