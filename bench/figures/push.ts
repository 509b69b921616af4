import { join } from 'node:path';
import { NAIVE, naivePush, pushEventArgs } from '../event-files.js';
import { peakMemory, race } from '../race.js';
import { type Row, ratioRow } from '../result.js';
import { type Served, serve } from '../served.js';
import { differences } from '../statistics.js';
import { madeRepository, progress, type Surroundings, serverOf } from '../surroundings.js';

const ROUNDS = 21;
const EVENTS = 100;
/** Time of a round trip to a server that is far away, in ms. */
const LATENCY_MS = 100;

const WORDS = { command: 'kgit push-event touched --cluster c7 --message TEXT', baseline: NAIVE };

/** PUSH: one event to a server on this machine, and to one that is far away, against git add, commit and push. */
export async function push(surroundings: Surroundings): Promise<Row[]> {
  const served = await serve(surroundings, LATENCY_MS);
  try {
    return [...here(surroundings), farAway(surroundings, served), leftBehind(surroundings, served)];
  } finally {
    served.server.kill();
  }
}

function here(surroundings: Surroundings): Row[] {
  const made = madeRepository(surroundings.project, EVENTS, EVENTS);
  const [ours, theirs, queued] = ['ours', 'theirs', 'queued'].map((name) => {
    const server = serverOf(surroundings, made, `${name}.git`);
    const clone = join(surroundings.root, name);
    surroundings.git(surroundings.root, 'clone', '--quiet', server, clone);
    return clone;
  }) as [string, string, string];
  const env = surroundings.env();
  const contender = { argv: surroundings.kgit(process.execPath, ...pushEventArgs('c7')), cwd: ours, env };
  progress(`PUSH: ${ROUNDS} rounds`);
  const times = race(
    {
      version: { argv: surroundings.kgit(process.execPath, '--version'), env },
      // In a separate repository, so that the next push does not include what waits.
      queue: { argv: [...contender.argv, '--queue'], cwd: queued, env },
      push: contender,
      naive: naivePush(surroundings, theirs, EVENTS),
    },
    ROUNDS,
  );
  return [
    ratioRow(
      {
        ...WORDS,
        what: '`kgit push-event`, less its start as START has it (`kgit push-event --queue`)',
        target: 1.2,
        peakMb: peakMemory(contender),
      },
      differences(times.push, times.queue),
      times.naive,
      times.push,
    ),
    ratioRow(
      { ...WORDS, what: '`kgit push-event`, less the start of any command (`kgit --version`)', target: null },
      differences(times.push, times.version),
      times.naive,
      times.push,
    ),
    ratioRow({ ...WORDS, what: '`kgit push-event`, all of it', target: 2.2 }, times.push, times.naive),
  ];
}

/** Where the server is, in the words of the rows: each round trip over http takes a tenth of a second. */
const FAR = `to a server over http with ${LATENCY_MS} ms of latency`;

/** A repository of the server, and a clone of it. */
function farClone(surroundings: Surroundings, served: Served, name: string) {
  const made = madeRepository(surroundings.project, EVENTS, EVENTS);
  const server = serverOf(surroundings, made, `served/${name}.git`);
  surroundings.git(server, 'config', 'http.receivepack', 'true');
  const clone = join(surroundings.root, name);
  surroundings.git(surroundings.root, 'clone', '--quiet', `${served.url}/${name}.git`, clone);
  return { server, clone };
}

/** One event to a server that is far away. */
function farAway(surroundings: Surroundings, served: Served): Row {
  const ours = farClone(surroundings, served, 'ours-far');
  const theirs = farClone(surroundings, served, 'theirs-far');
  progress(`PUSH: ${ROUNDS} rounds with ${LATENCY_MS} ms of latency`);
  const argv = surroundings.kgit(process.execPath, ...pushEventArgs('c7'));
  const times = race(
    {
      push: { argv, cwd: ours.clone, env: surroundings.env() },
      naive: naivePush(surroundings, theirs.clone, EVENTS),
    },
    ROUNDS,
  );
  const what = `\`kgit push-event\`, all of it, ${FAR}`;
  return ratioRow({ ...WORDS, what, target: 1.2 }, times.push, times.naive);
}

/** The same after somebody else has written: the script pulls first, and kgit finds out that it should. */
function leftBehind(surroundings: Surroundings, served: Served): Row {
  const ours = farClone(surroundings, served, 'ours-behind');
  const theirs = farClone(surroundings, served, 'theirs-behind');
  progress(`PUSH: ${ROUNDS} rounds after somebody else has written`);
  const somebodyWrites = (server: string) => {
    const made = surroundings.git(server, 'commit-tree', '-p', 'main', '-m', 'of somebody', 'main^{tree}');
    surroundings.git(server, 'update-ref', 'refs/heads/main', made);
  };
  const naive = naivePush(surroundings, theirs.clone, EVENTS);
  const [, ...args] = naive.argv;
  const argv: [string, ...string[]] = [surroundings.baseline('add-commit-pull-push.sh'), ...args];
  const times = race(
    {
      push: {
        argv: surroundings.kgit(process.execPath, ...pushEventArgs('c7')),
        cwd: ours.clone,
        env: surroundings.env(),
        before: () => somebodyWrites(ours.server),
      },
      naive: {
        ...naive,
        argv,
        before: () => {
          naive.before();
          argv[3] = naive.argv[3] ?? '';
          somebodyWrites(theirs.server);
        },
      },
    },
    ROUNDS,
  );
  const baseline = 'bench/baselines/add-commit-pull-push.sh CLONE FILE PATH';
  const what = `\`kgit push-event\`, all of it, ${FAR}, after somebody else has written`;
  return ratioRow({ ...WORDS, baseline, what, target: null }, times.push, times.naive);
}
