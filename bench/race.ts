import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A command to be measured. */
export interface Contender {
  readonly argv: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A file that is its standard input. */
  readonly input?: string;
  /** Runs before each run, untimed. */
  readonly before?: (round: number) => void;
  /** Runs after each run, untimed. */
  readonly after?: (round: number) => void;
}

const WARM_UPS = 2;
/** Prints what a command used. */
export const GNU_TIME = '/usr/bin/time';

/** Runs a command and returns its time in ms. Throws Error with its output if it fails. */
export function timed(contender: Contender, wrap: readonly string[] = []): number {
  const { argv, cwd, env, input } = contender;
  const [file, ...args] = [...wrap, ...argv] as [string, ...string[]];
  const stdin = input === undefined ? 'ignore' : openSync(input, 'r');
  const began = process.hrtime.bigint();
  const { status, error, stderr } = spawnSync(file, args, {
    cwd,
    env,
    stdio: [stdin, 'ignore', 'pipe'],
  });
  const ended = process.hrtime.bigint();
  if (typeof stdin === 'number') closeSync(stdin);
  if (error) throw error;
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr.toString('utf8')}`);
  return Number(ended - began) / 1e6;
}

function once(contender: Contender, round: number): number {
  contender.before?.(round);
  const time = timed(contender);
  contender.after?.(round);
  return time;
}

/**
 * Measures commands side by side: A B C, B C A, …; the rotation keeps any of them from always running after the same
 * neighbour. Returns times in ms by name, one per round, after warm-up rounds.
 */
export function race<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  rounds: number,
  warmUps = WARM_UPS,
): Record<K, number[]> {
  const names = Object.keys(contenders) as K[];
  const times = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let round = -warmUps; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + warmUps) % names.length] as K;
      const time = once(contenders[name], round);
      if (round >= 0) times[name].push(time);
    }
  }
  return times;
}

/** Peak resident memory in MB of a command or its largest child, measured in an extra run; null without GNU time. */
export function peakMemory(contender: Contender): number | null {
  if (!existsSync(GNU_TIME)) return null;
  const folder = mkdtempSync(join(tmpdir(), 'kgit-bench-time-'));
  const file = join(folder, 'peak');
  contender.before?.(0);
  timed(contender, [GNU_TIME, '--format=%M', `--output=${file}`, '--']);
  contender.after?.(0);
  const peak = Math.round(Number(readFileSync(file, 'utf8')) / 1024);
  rmSync(folder, { recursive: true });
  return peak;
}
