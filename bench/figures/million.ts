import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pushEventArgs } from '../event-files.js';
import { manyClusters } from '../many-clusters.js';
import { type Contender, peakMemory, race } from '../race.js';
import { numberRow, type Row, ratioRow } from '../result.js';
import { type Served, serve } from '../served.js';
import { grownRepository, progress, restore, type Surroundings } from '../surroundings.js';

const SEALED = 1_000_000;
const SUBJECTS = 1_000;
/** The repository that it is measured against has a thousandth of the events, over a tenth of the clusters. */
const SMALL = 1_000;
const SMALL_SUBJECTS = 100;
const ROUNDS = 5;
const WHAT = '1,000,000 events sealed and 100,000 not';

/** Commands that leave the repository as it is. */
const READS: readonly (readonly string[])[] = [
  ['log', '--limit', '20'],
  ['log', 'cluster/c7', '--limit', '20'],
  ['list'],
  ['get', 'deployment.phase'],
  ['status'],
];

/** MILLION: time, memory and traffic of a repository of years, beside a small one. */
export async function million(surroundings: Surroundings): Promise<Row[]> {
  const { project } = surroundings;
  const served = await serve(surroundings);
  const clusters = await manyClusters(surroundings, SMALL_SUBJECTS);
  try {
    const places = {
      large: join(served.root, 'large.git'),
      small: join(served.root, 'small.git'),
    };
    restore(grownRepository(project, SEALED, SUBJECTS), places.large);
    restore(grownRepository(project, SMALL, SMALL_SUBJECTS), places.small);
    for (const place of Object.values(places)) surroundings.git(place, 'config', 'http.receivepack', 'true');
    const env = surroundings.env({ KUBECONFIG: clusters.kubeconfig });
    return [
      ...push(surroundings, served, env),
      ...READS.flatMap((args) => inPlace(surroundings, places, env, args)),
      ...firstClone(surroundings, served, env),
      ...compact(surroundings, places, env),
    ];
  } finally {
    served.server.kill();
    await clusters.stop();
  }
}

type Places = Readonly<Record<'large' | 'small', string>>;
type Env = NonNullable<Contender['env']>;

/** A row of the ratio of times, and one of the peak memory. */
function rows(
  what: string,
  command: string,
  large: Contender,
  small: Contender,
  rounds: number,
  warmUps = 1,
): Row[] {
  progress(`MILLION: ${rounds} rounds of ${command}`);
  const times = race({ large, small }, rounds, warmUps);
  const baseline = `the same at ${SMALL.toLocaleString('en')} events sealed and ${(SMALL / 10).toLocaleString('en')} not`;
  const peakMb = peakMemory(large);
  const row = ratioRow({ what, command, baseline, target: null, peakMb }, times.large, times.small);
  if (peakMb === null) return [row];
  return [
    row,
    numberRow({ what: `${what}: peak memory`, command, baseline: '', target: null }, 'MB', [peakMb]),
  ];
}

/** Bytes that the server sent and received while a command ran once, in KB. */
function trafficRow(what: string, command: string, served: Served, contender: Contender): Row {
  rmSync(served.counts, { force: true });
  race({ contender }, 1, 0);
  const moved = readFileSync(served.counts, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => line.split(' ').map(Number))
    .reduce((sum, bytes) => sum + bytes, 0);
  const words = { what: `${what}: sent and received`, command, baseline: '', target: null };
  return numberRow(words, 'KB', [moved / 1024]);
}

/** One event from a bare clone to the server. */
function push(surroundings: Surroundings, served: Served, env: Env): Row[] {
  const contender = (name: keyof Places): Contender => {
    const clone = join(surroundings.root, `${name}-clone.git`);
    surroundings.git(surroundings.root, 'clone', '--quiet', '--bare', `${served.url}/${name}.git`, clone);
    return { argv: surroundings.kgit(process.execPath, ...pushEventArgs('c7')), cwd: clone, env };
  };
  const command = 'kgit push-event touched --cluster c7 --message TEXT';
  const what = `\`${command}\` to a server, ${WHAT}`;
  const large = contender('large');
  return [
    ...rows(what, command, large, contender('small'), ROUNDS),
    trafficRow(what, command, served, large),
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

/** The first command on a machine that has never seen the repository: the newest events. */
function firstClone(surroundings: Surroundings, served: Served, env: Env): Row[] {
  const contender = (name: keyof Places): Contender => {
    const kept = join(surroundings.root, `kept-${name}`);
    return {
      argv: surroundings.kgit(
        process.execPath,
        'log',
        '--limit',
        '20',
        '--timeout',
        '10m',
        '--repo',
        `${served.url}/${name}.git`,
      ),
      env: { ...env, XDG_STATE_HOME: join(kept, 'state'), XDG_CACHE_HOME: join(kept, 'cache') },
      before: () => rmSync(kept, { recursive: true, force: true, maxRetries: 20 }),
    };
  };
  const command = 'kgit log --limit 20 --timeout 10m --repo URL';
  const what = `first \`${command}\` on a machine, ${WHAT}`;
  return [
    ...rows(what, command, contender('large'), contender('small'), 3, 0),
    trafficRow(what, command, served, contender('large')),
  ];
}

/** Seals the 100,000 events; of the small repository, its hundred. Comes last, once: it changes the repositories. */
function compact(surroundings: Surroundings, places: Places, env: Env): Row[] {
  const args = ['compact', '--before', '2026-03-01', '--timeout', '30m'];
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
