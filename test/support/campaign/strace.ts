import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../git-fixtures.js';
import type { KgitOptions } from '../kgit.js';

/** The system calls by which kgit makes files durable, names them and removes them. */
const CALLS = ['fsync', 'link', 'rename', 'unlink', 'mkdir', 'rmdir'] as const;
type SystemCall = (typeof CALLS)[number];
/** Those of a usual machine, whose folders exist after the first write. */
const USUAL: readonly SystemCall[] = ['fsync', 'link', 'rename', 'unlink'];
/** Those of a file system without hard links, where each name is a folder. */
const WITHOUT_LINKS: readonly SystemCall[] = ['fsync', 'rename', 'unlink', 'mkdir', 'rmdir'];
/** Makes every hard link fail as on such a file system; some processors only have linkat. */
const NO_LINKS = ['-e', 'inject=?link,linkat:error=EPERM'];

/** A kill point: before kgit's nth call of this kind. */
export interface SystemCallPoint {
  readonly call: SystemCall;
  readonly nth: number;
  /** Subject of the call, such as `outbox`, or `pack` of objects. */
  readonly about: string;
}

// One thread makes all calls in order; kgit's children are detached, so that only its own calls count.
const ONE_THREAD = { UV_THREADPOOL_SIZE: '1' };
const follow = (...more: string[]) => ['strace', '-f', '-b', 'execve', '-qq', '-y', ...more];

/** Runs a program as on a file system without hard links. */
export const withoutLinks = (): KgitOptions => ({
  under: follow('-o', '/dev/null', '-e', 'trace=?link,linkat', ...NO_LINKS),
});

/** Runs kgit and logs its calls. @param hasLinks whether the file system has hard links */
export function traced(hasLinks = true): KgitOptions & { points(): SystemCallPoint[] } {
  try {
    execFileSync('strace', ['-V'], { stdio: 'ignore' });
  } catch (cause) {
    throw new Error('The kill campaign needs strace (Debian: strace)', { cause });
  }
  const log = join(temporaryFolder('kgit-strace-'), 'log');
  return {
    env: ONE_THREAD,
    under: follow('-o', log, '-e', `trace=${CALLS.join(',')},linkat`, ...(hasLinks ? [] : NO_LINKS)),
    points: () => pointsOf(readFileSync(log, 'utf8'), hasLinks ? USUAL : WITHOUT_LINKS),
  };
}

function pointsOf(log: string, calls: readonly SystemCall[]): SystemCallPoint[] {
  const counts = new Map<string, number>();
  return log.split('\n').flatMap((line) => {
    const match = /^\d+ +(\w+)\((.*)/.exec(line);
    const call = calls.find((known) => known === match?.[1]);
    if (!match || !call) return [];
    const nth = (counts.get(call) ?? 0) + 1;
    counts.set(call, nth);
    const about = /\/(?:kgit|objects)\/([a-z-]+)/.exec(match[2] as string)?.[1] ?? 'kgit';
    return [{ call, nth, about }];
  });
}

/** Runs kgit so that it is killed at this point. @param hasLinks whether the file system has hard links */
export function killedAt({ call, nth }: SystemCallPoint, hasLinks = true): KgitOptions {
  const inject = `inject=${call}:signal=KILL:when=${nth}`;
  const trace = hasLinks ? `trace=${call}` : `trace=${call},?link,linkat`;
  const under = follow('-o', '/dev/null', '-e', trace, '-e', inject, ...(hasLinks ? [] : NO_LINKS));
  return { env: ONE_THREAD, under };
}
