import { join } from 'node:path';
import { type Contender, peakMemory, race } from '../race.js';
import { type Row, ratioRow } from '../result.js';
import { differences } from '../statistics.js';
import { madeRepository, progress, restore, type Surroundings } from '../surroundings.js';

const ROUNDS = 15;
const TARGET = 1.5;

interface Question {
  readonly args: readonly string[];
  /** A baseline that gives the same answer, and its arguments after the repository. */
  readonly baseline: string;
  readonly baselineArgs: readonly string[];
}

const QUESTIONS: readonly Question[] = [
  { args: ['log', '--limit', '20'], baseline: 'log.sh', baselineArgs: [] },
  {
    args: ['log', '--since', '2025-12-30', '--limit', '10000'],
    baseline: 'log-since.sh',
    baselineArgs: ['2025-12-30T00:00:00Z'],
  },
  { args: ['log', '--grep', 'event 4999 '], baseline: 'grep.sh', baselineArgs: ['event 4999 '] },
  { args: ['log', '--action', 'removed'], baseline: 'grep.sh', baselineArgs: ['action: removed'] },
  { args: ['list'], baseline: 'list.sh', baselineArgs: [] },
];

const quoted = (word: string) => (/^[\w./:-]+$/.test(word) ? word : `'${word}'`);

/** READS: questions about all subjects at 100,000 events over 1,000 clusters, against git's own answer. */
export function reads(surroundings: Surroundings): Row[] {
  const repository = join(surroundings.root, 'state.git');
  restore(madeRepository(surroundings.project, 100_000, 1_000), repository);
  const env = surroundings.env({ TZ: 'UTC' });
  return QUESTIONS.flatMap(({ args, baseline, baselineArgs }) => {
    const words = args.map(quoted).join(' ');
    const ours: Contender = { argv: surroundings.kgit(process.execPath, ...args), cwd: repository, env };
    const theirs: Contender = { argv: [surroundings.baseline(baseline), repository, ...baselineArgs], env };
    const version = { argv: surroundings.kgit(process.execPath, '--version'), env };
    const get: Contender = {
      argv: surroundings.kgit(process.execPath, 'get', 'deployment.phase'),
      cwd: repository,
      env,
    };
    progress(`READS: ${ROUNDS} rounds of kgit ${words}`);
    const times = race({ ours, theirs, version, get }, ROUNDS, 1);
    const described = {
      command: `kgit ${words}`,
      baseline: `bench/baselines/${baseline} ${['REPOSITORY', ...baselineArgs.map(quoted)].join(' ')}`,
      target: TARGET,
      peakMb: peakMemory(ours),
    };
    const less = (start: readonly number[], name: string) =>
      ratioRow(
        { ...described, what: `\`kgit ${words}\`, less ${name}` },
        differences(times.ours, start),
        times.theirs,
        times.ours,
      );
    return [
      less(times.version, 'the start of any command (`kgit --version`)'),
      less(times.get, 'its start as START has it (`kgit get`)'),
    ];
  });
}
