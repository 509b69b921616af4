import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { type Contender, race } from './race.js';
import { type Spread, spread } from './statistics.js';

/** The machine that was measured on, and its noise. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly git: string;
  readonly node: string;
  /** Load average of the last minute before the measurement. */
  readonly load: number;
  /** Times of repeated `node -e 0` runs, in ms. */
  readonly bareNode: Spread;
}

const ROUNDS = 25;

/** Describes the machine and measures its noise, in the environment of the measurements. */
export function lookAtMachine(env: NonNullable<Contender['env']>): Machine {
  const [load = 0] = loadavg();
  const { node } = race({ node: { argv: [process.execPath, '-e', '0'], env } }, ROUNDS);
  const round = (value: number) => Number(value.toFixed(1));
  const { median, min, max } = spread(node);
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    git: execFileSync('git', ['version'], { encoding: 'utf8' }).trim().replace('git version ', ''),
    node: process.versions.node,
    load: round(load),
    bareNode: { median: round(median), min: round(min), max: round(max) },
  };
}
