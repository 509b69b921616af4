import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pushEventArgs } from '../event-files.js';
import { manyClusters } from '../many-clusters.js';
import { type Contender, peakMemory, race } from '../race.js';
import { numberRow, type Row, ratioRow } from '../result.js';
import { grownRepository, progress, restore, type Surroundings } from '../surroundings.js';

const SEALED = 1_000_000;
const SUBJECTS = 1_000;
/** The repository that it is measured against has a thousandth of the events, over a tenth of the clusters. */
const SMALL = 1_000;
const SMALL_SUBJECTS = 100;
const ROUNDS = 5;
const WHAT = '1,000,000 events sealed and 100,000 not';

/** Commands that leave the repository as it is, or add one event. */
const COMMANDS: readonly (readonly string[])[] = [
  pushEventArgs('c7'),
  ['log', '--limit', '20'],
  ['log', 'cluster/c7', '--limit', '20'],
  ['list'],
  ['get', 'deployment.phase'],
  ['status'],
];

/** MILLION: time, memory and traffic of a repository of years, beside a small one. */
export async function million(surroundings: Surroundings): Promise<Row[]> {
  const { project } = surroundings;
  const served = surroundings.folder('served');
  const places = {
    large: join(served, 'large.git'),
    small: join(served, 'small.git'),
  };
  restore(grownRepository(project, SEALED, SUBJECTS), places.large);
  restore(grownRepository(project, SMALL, SMALL_SUBJECTS), places.small);
  for (const place of Object.values(places)) surroundings.git(place, 'config', 'http.receivepack', 'true');
  const counts = join(surroundings.root, 'counts');
  const script = join(project, 'node_modules/.cache/kgit/bench/git-server.mjs');
  const server = spawn(process.execPath, [script, served, counts], { stdio: ['ignore', 'pipe', 'inherit'] });
  const clusters = await manyClusters(surroundings, SMALL_SUBJECTS);
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    const env = surroundings.env({ KUBECONFIG: clusters.kubeconfig });
    const url = `http://127.0.0.1:${port.toString().trim()}`;
    return [
      ...COMMANDS.flatMap((args) => inPlace(surroundings, places, env, args)),
      ...firstClone(surroundings, url, counts, env),
      ...compact(surroundings, places, env),
    ];
  } finally {
    server.kill();
    await clusters.stop();
  }
}

type Places = Readonly<Record<'large' | 'small', string>>;
type Env = NonNullable<Contender['env']>;

/** A row of the ratio of times, and one of the peak memory. */
function rows(what: string, command: string, large: Contender, small: Contender, rounds: number): Row[] {
  progress(`MILLION: ${rounds} rounds of ${command}`);
  const times = race({ large, small }, rounds, 1);
  const baseline = `the same at ${SMALL.toLocaleString('en')} events sealed and ${(SMALL / 10).toLocaleString('en')} not`;
  const peakMb = peakMemory(large);
  const row = ratioRow({ what, command, baseline, target: null, peakMb }, times.large, times.small);
  if (peakMb === null) return [row];
  return [
    row,
    numberRow({ what: `${what}: peak memory`, command, baseline: '', target: null }, 'MB', [peakMb]),
  ];
}

function inPlace(surroundings: Surroundings, places: Places, env: Env, args: readonly string[]): Row[] {
  const contender = (cwd: string): Contender => ({
    argv: surroundings.kgit(process.execPath, ...args),
    cwd,
    env,
  });
  const command = `kgit ${args.map((arg) => (arg.includes(' ') ? 'TEXT' : arg)).join(' ')}`;
  return rows(`\`${command}\`, ${WHAT}`, command, contender(places.large), contender(places.small), ROUNDS);
}

/** The first command on a machine that has never seen the repository: a read of one value. */
function firstClone(surroundings: Surroundings, url: string, counts: string, env: Env): Row[] {
  const contender = (name: keyof Places): Contender => {
    const kept = join(surroundings.root, `kept-${name}`);
    return {
      argv: surroundings.kgit(process.execPath, 'log', '--limit', '20', '--repo', `${url}/${name}.git`),
      env: { ...env, XDG_STATE_HOME: join(kept, 'state'), XDG_CACHE_HOME: join(kept, 'cache') },
      before: () => {
        rmSync(kept, { recursive: true, force: true });
        rmSync(counts, { force: true });
      },
    };
  };
  const command = 'kgit log --limit 20 --repo URL';
  const what = `first \`${command}\` on a machine, ${WHAT}`;
  const measured = rows(what, command, contender('large'), contender('small'), 3);
  race({ large: contender('large') }, 1, 0);
  const received = readFileSync(counts, 'utf8')
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
  return [
    ...measured,
    numberRow({ what: `${what}: received`, command, baseline: '', target: null }, 'KB', [received / 1024]),
  ];
}

/** Seals the 100,000 events; of the small repository, its hundred. Comes last, once: it changes the repositories. */
function compact(surroundings: Surroundings, places: Places, env: Env): Row[] {
  const args = ['compact', '--before', '2027-01-01', '--timeout', '30m'];
  const command = `kgit ${args.join(' ')}`;
  const contender = (cwd: string): Contender => ({
    argv: surroundings.kgit(process.execPath, ...args),
    cwd,
    env,
  });
  progress(`MILLION: ${command}`);
  const small = race({ small: contender(places.small) }, 1, 0).small;
  const began = performance.now();
  const peak = peakMemory(contender(places.large));
  const large = [performance.now() - began];
  const words = { command, baseline: 'the same at 100 events that are not sealed', target: null };
  const what = `\`${command}\` of 100,000 events beside 1,000,000 sealed ones`;
  const row = ratioRow({ ...words, what, peakMb: peak }, large, small);
  if (peak === null) return [row];
  return [row, numberRow({ ...words, what: `${what}: peak memory`, baseline: '' }, 'MB', [peak])];
}
