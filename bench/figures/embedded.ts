import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pushEventArgs } from '../event-files.js';
import { type Contender, GNU_TIME, race } from '../race.js';
import { missingRow, numberRow, type Row, ratioRow } from '../result.js';
import { type Served, serve } from '../served.js';
import { median } from '../statistics.js';
import {
  compactedRepository,
  madeRepository,
  progress,
  restore,
  type Surroundings,
  serverOf,
} from '../surroundings.js';

const ROUNDS = 3;
/** A whole clone takes long. */
const CLONE_ROUNDS = 1;
const DRIVERS = ['git-embedded', 'git'] as const;
type Driver = (typeof DRIVERS)[number];

/** A repository on the server. */
interface Case {
  readonly words: string;
  readonly made: string;
  /** Whether the clones have the newest commit alone. */
  readonly isShallow: boolean;
  /** Whether it is small enough for a whole clone in each round. */
  readonly isSmall: boolean;
}

/** What one run took, besides its time. */
interface Use {
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly receivedKb: number;
  readonly sentKb: number;
}

/** EMBEDDED: the driver without git beside the one that runs git, on a server over http. */
export async function embedded(surroundings: Surroundings): Promise<Row[]> {
  if (!existsSync(GNU_TIME)) {
    const words = { what: 'git-embedded against git', command: 'kgit get', baseline: 'git', target: null };
    return [missingRow(words, 'there is no GNU time here')];
  }
  const { project } = surroundings;
  const large = madeRepository(project, 100_000, 1_000);
  const whole = (words: string, made: string, isSmall: boolean): Case => ({
    words,
    made,
    isShallow: false,
    isSmall,
  });
  const cases: readonly Case[] = [
    whole('100 events', madeRepository(project, 100, 1), true),
    whole('10,000 events', madeRepository(project, 10_000, 100), true),
    whole('100,000 events', large, false),
    whole('100,000 events, sealed', compactedRepository(surroundings, large, '2025-12-01'), false),
    { words: '100,000 events, a clone of depth 1', made: large, isShallow: true, isSmall: false },
  ];
  const served = await serve(surroundings);
  try {
    return cases.flatMap((each) => rowsOf(surroundings, served, each));
  } finally {
    served.server.kill();
  }
}

function rowsOf(
  surroundings: Surroundings,
  served: Served,
  { words, made, isShallow, isSmall }: Case,
): Row[] {
  progress(`EMBEDDED: ${words}`);
  const name = `${basename(made, '.git')}${isShallow ? '-shallow' : ''}`;
  const path = serverOf(surroundings, made, `served/${name}.git`);
  surroundings.git(path, 'config', 'http.receivepack', 'true');
  const url = `${served.url}/${name}.git`;
  const depth = isShallow ? ['--depth=1'] : [];
  const first = surroundings.folder('clones');
  surroundings.git(first, 'clone', '--quiet', '--bare', ...depth, url, join(first, name));
  const clones = new Map(DRIVERS.map((driver) => [driver, join(first, `${name}-${driver}`)]));
  for (const clone of clones.values()) restore(join(first, name), clone);
  const inClone = (driver: Driver) => ({ cwd: clones.get(driver) as string });
  const fresh = (driver: Driver) => {
    const kept = join(surroundings.root, `kept-${driver}`);
    const env = { XDG_STATE_HOME: join(kept, 'state'), XDG_CACHE_HOME: join(kept, 'cache') };
    return { cwd: surroundings.root, env, before: () => rmSync(kept, { recursive: true, force: true }) };
  };
  const push = pushEventArgs('c0');
  const log = ['log', '--limit', '1', '--timeout', '10m'];
  const works = [
    { what: '`kgit get` in a clone', args: ['get', 'deployment.phase'], at: inClone, rounds: ROUNDS },
    { what: '`kgit push-event` in a clone', args: push, at: inClone, rounds: ROUNDS },
    ...(isShallow
      ? []
      : [{ what: 'first write by URL', args: [...push, '--repo', url], at: fresh, rounds: ROUNDS }]),
    ...(isSmall
      ? [{ what: 'first `kgit log` by URL', args: [...log, '--repo', url], at: fresh, rounds: CLONE_ROUNDS }]
      : []),
  ];
  return works.flatMap(({ what, args, at, rounds }) => {
    const measured = measure(surroundings, served, { args, at, rounds });
    const command = `kgit ${args.join(' ')}`
      .replace(url, 'URL')
      .replace(/--message .*?(?= --|$)/, '--message TEXT');
    return rows(`${what}, ${words}`, command, measured);
  });
}

interface Work {
  readonly args: readonly string[];
  readonly at: (driver: Driver) => {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly before?: () => void;
  };
  readonly rounds: number;
}

type Measured = Readonly<
  Record<Driver, { readonly times: readonly number[]; readonly uses: readonly Use[] }>
>;

/** Measures both drivers in turn. */
function measure(surroundings: Surroundings, { counts }: Served, { args, at, rounds }: Work): Measured {
  const spent = join(surroundings.root, 'spent');
  const contender = (driver: Driver, uses: Use[]): Contender => {
    const { cwd, env = {}, before } = at(driver);
    const config = join(surroundings.root, `${driver}.yaml`);
    writeFileSync(config, `state_management:\n  backend: ${driver}\n`);
    return {
      argv: [
        GNU_TIME,
        '--format=%U %S %M',
        `--output=${spent}`,
        '--',
        ...surroundings.kgit(process.execPath, ...args),
      ],
      cwd,
      env: surroundings.env({ KGIT_CONFIG: config, ...env }),
      before: () => {
        before?.();
        writeFileSync(counts, '');
      },
      after: (round) => {
        if (round >= 0) uses.push(useOf(readFileSync(spent, 'utf8'), readFileSync(counts, 'utf8')));
      },
    };
  };
  const uses = { 'git-embedded': [] as Use[], git: [] as Use[] };
  const contenders = {
    'git-embedded': contender('git-embedded', uses['git-embedded']),
    git: contender('git', uses.git),
  };
  const times = race(contenders, rounds, rounds === ROUNDS ? 1 : 0);
  return {
    'git-embedded': { times: times['git-embedded'], uses: uses['git-embedded'] },
    git: { times: times.git, uses: uses.git },
  };
}

/** @param spent seconds in user mode and in the kernel, and KiB, as GNU time prints them */
function useOf(spent: string, counts: string): Use {
  const [user = 0, kernel = 0, kib = 0] = spent.trim().split(' ').map(Number);
  const moved = counts
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ').map(Number));
  const sum = (i: number) => moved.reduce((all, each) => all + (each[i] ?? 0), 0) / 1024;
  return { cpuMs: (user + kernel) * 1000, peakMb: kib / 1024, receivedKb: sum(1), sentKb: sum(0) };
}

function rows(what: string, command: string, { 'git-embedded': own, git }: Measured): Row[] {
  const words = { command, baseline: 'the same with backend: git', target: null };
  const alone = { command, baseline: '', target: null };
  const values = (uses: readonly Use[], key: keyof Use) => uses.map((use) => use[key]);
  const found = [
    ratioRow({ ...words, what: `${what}: wall time` }, own.times, git.times),
    ratioRow({ ...words, what: `${what}: CPU time` }, values(own.uses, 'cpuMs'), values(git.uses, 'cpuMs')),
  ];
  for (const [key, name, unit] of [
    ['peakMb', 'peak memory', 'MB'],
    ['receivedKb', 'received', 'KB'],
    ['sentKb', 'sent', 'KB'],
  ] as const) {
    const [mine, theirs] = [values(own.uses, key), values(git.uses, key)];
    if (median(mine) === 0 && median(theirs) === 0) continue;
    const shown = `${what}: ${name} (git: ${median(theirs).toFixed(1)} ${unit})`;
    found.push(numberRow({ ...alone, what: shown }, unit, mine));
  }
  return found;
}
