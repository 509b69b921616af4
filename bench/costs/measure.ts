import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { lookAtMachine, type Machine } from '../machine.js';
import { manyClusters } from '../many-clusters.js';
import { type Contender, GNU_TIME, timed } from '../race.js';
import { serve } from '../served.js';
import { spread } from '../statistics.js';
import { changedRepository, progress, type Surroundings, serverOf } from '../surroundings.js';
import { onPath } from '../tools.js';
import { COMMANDS, type CostedCommand } from './commands.js';
import { tracedCalls } from './trace-calls.js';

/** What one command costs. */
export interface Cost {
  /** As a user would type it, without `kgit`. */
  readonly command: string;
  readonly note: string;
  /** Programs that kgit starts, in their order, with git's subcommands, as `git push`. */
  readonly programs: readonly string[];
  /** Files that the command and the programs that it starts open. */
  readonly opened: number;
  /** Processor time in ms of all processes, the server's apart. */
  readonly processorMs: number;
  /** Wall time in ms. */
  readonly wallMs: number;
  /** Peak resident memory in MB of the largest process. */
  readonly peakMb: number;
  /** Requests to the git server, and bytes received from it and sent to it. */
  readonly requests: number;
  readonly received: number;
  readonly sent: number;
}

/** The measured costs of all commands, as `bench/costs/result.json` holds them. */
export interface Costs {
  readonly measuredAt: string;
  readonly machine: Machine;
  /** Of `node -e 0`. */
  readonly bareProcessorMs: number;
  readonly costs: readonly Cost[];
}

const ROUNDS = 11;
const CLUSTERS = 100;

/** What the measurement lacks on this machine; null if nothing. */
export function missingForCosts(): string | null {
  const strace = onPath('strace');
  if ('missing' in strace) return strace.missing;
  return existsSync(GNU_TIME) ? null : 'there is no GNU time';
}

/** Measures every command in a clone with a checkout of 1,000 events over 100 subjects, whose server speaks http on loopback. */
export async function measureCosts(surroundings: Surroundings): Promise<Costs> {
  const machine = lookAtMachine(surroundings.env());
  const made = changedRepository(surroundings.project, 1_000, CLUSTERS);
  const { url: address, counts, server } = await serve(surroundings);
  const path = serverOf(surroundings, made, 'served/state.git');
  surroundings.git(path, 'config', 'http.receivepack', 'true');
  const clusters = await manyClusters(surroundings, CLUSTERS);
  try {
    const url = `${address}/${basename(path)}`;
    const clone = join(surroundings.root, 'clone');
    surroundings.git(surroundings.root, 'clone', '--quiet', url, clone);
    const env = surroundings.env({ KUBECONFIG: clusters.kubeconfig });
    const bare = inTurns(surroundings, { argv: [process.execPath, '-e', '0'], env });
    const contender = (args: readonly string[]): Contender => ({
      argv: surroundings.kgit(process.execPath, ...args),
      cwd: clone,
      env,
    });
    const costs = COMMANDS.map((command) => costOf(surroundings, counts, contender, command));
    return { measuredAt: new Date().toISOString(), machine, bareProcessorMs: bare.processorMs, costs };
  } finally {
    server.kill();
    await clusters.stop();
  }
}

/** Medians of several runs, and the largest peak. */
function inTurns(surroundings: Surroundings, contender: Contender) {
  const file = join(surroundings.root, 'time');
  const runs = Array.from({ length: ROUNDS }, () => {
    contender.before?.(0);
    const wall = timed(contender, [GNU_TIME, '--format=%U %S %M', `--output=${file}`, '--']);
    contender.after?.(0);
    const [user = 0, system = 0, peak = 0] = readFileSync(file, 'utf8').trim().split(' ').map(Number);
    return { wall, processor: (user + system) * 1000, peak };
  });
  const mean = (values: readonly number[]) =>
    Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
  return {
    // GNU time counts in hundredths of a second, so the mean of the runs says more than their median.
    processorMs: mean(runs.map(({ processor }) => processor)),
    wallMs: Math.round(spread(runs.map(({ wall }) => wall)).median),
    peakMb: Math.round(Math.max(...runs.map(({ peak }) => peak)) / 1024),
  };
}

function costOf(
  surroundings: Surroundings,
  counts: string,
  contender: (args: readonly string[]) => Contender,
  { args, note, before, after }: CostedCommand,
): Cost {
  const command = args.join(' ');
  progress(`COSTS: kgit ${command}`);
  const measured: Contender = {
    ...contender(args),
    before: () => {
      if (before) timed(contender(before));
      rmSync(counts, { force: true });
    },
    after: () => {
      if (after) timed(contender(after));
    },
  };
  const spent = inTurns(surroundings, measured);
  measured.before?.(0);
  const traced = tracedCalls(surroundings, measured);
  const requests = existsSync(counts) ? countedRequests(readFileSync(counts, 'utf8')) : [];
  measured.after?.(0);
  const sum = (column: 0 | 1) => requests.reduce((total, line) => total + (line[column] ?? 0), 0);
  // The server received what the command sent.
  return { command, note, ...traced, ...spent, requests: requests.length, received: sum(1), sent: sum(0) };
}

/** Per request, the bytes that the server received and sent. */
function countedRequests(text: string): number[][] {
  const lines = text.trim().split('\n').filter(Boolean);
  return lines.map((line) => line.split(' ').map(Number));
}
