import { join } from 'node:path';
import { NAIVE, naivePush, pushEventArgs } from '../event-files.js';
import { type Contender, peakMemory, race } from '../race.js';
import { type Row, ratioRow } from '../result.js';
import { differences } from '../statistics.js';
import {
  compactedRepository,
  madeRepository,
  progress,
  restore,
  type Surroundings,
  sealedRepository,
  serverOf,
} from '../surroundings.js';
import { serverTime, takeTrace } from '../trace.js';
import { historyRows } from './history.js';

const ROUNDS = 15;
const READ_ROUNDS = 21;
/** As many events per cluster as in the large one, so that a cluster's log is equally long. */
const SMALL = { events: 100, clusters: 1 };
const LARGE = { events: 100_000, clusters: 1_000 };
/** 2,000 events in each cluster. */
const BUSY = { events: 100_000, clusters: 50 };
const HUGE = { events: 1_000_000, clusters: 1_000 };
const TARGET = 1.25;
const NAIVE_TARGET = 0.65;
const CHECKOUT_TARGET = 1;
const SEALED_TARGET = 1.5;
const SIZES = '100,000 events over 1,000 clusters against 100 over one';
const BUSY_SIZES = '100,000 events over 50 clusters against 100 over one';
const PUSH_WORDS = 'kgit push-event touched --cluster c0 --message TEXT';

/** GROWTH: the cost of the repository's size. */
export function growth(surroundings: Surroundings): Row[] {
  const [small, large] = [SMALL, LARGE].map(({ events, clusters }) =>
    madeRepository(surroundings.project, events, clusters),
  ) as [string, string];
  return [
    ...pushRows(surroundings, small, large),
    ...readRows(surroundings, small, large),
    ...historyRows(surroundings),
    ...sealedRows(surroundings, small, large),
  ];
}

/** `kgit push-event` in a bare clone of a separate server. */
function pusher(
  surroundings: Surroundings,
  made: string,
  name: string,
  ...cloneOptions: string[]
): Contender {
  const server = serverOf(surroundings, made, `${name}-server.git`);
  const clone = join(surroundings.root, name);
  surroundings.git(surroundings.root, 'clone', '--quiet', ...cloneOptions, server, clone);
  return {
    argv: surroundings.kgit(process.execPath, ...pushEventArgs('c0')),
    cwd: clone,
    env: surroundings.env(),
  };
}

/** The same, recording the server's own time per round. */
function traced(
  surroundings: Surroundings,
  contender: Contender,
): { contender: Contender; server: number[] } {
  const server: number[] = [];
  return {
    server,
    contender: {
      ...contender,
      env: surroundings.tracedEnv(),
      before: () => void takeTrace(surroundings.trace),
      after: (round) => {
        const time = serverTime(takeTrace(surroundings.trace));
        if (round >= 0) server.push(time);
      },
    },
  };
}

function pushRows(surroundings: Surroundings, small: string, large: string): Row[] {
  progress('GROWTH: clones, one of them with 100,000 files checked out');
  const little = traced(surroundings, pusher(surroundings, small, 'small', '--bare'));
  const much = traced(surroundings, pusher(surroundings, large, 'large', '--bare'));
  const checkout = pusher(surroundings, large, 'checkout');
  const theirs = pusher(surroundings, large, 'theirs').cwd as string;
  progress(`GROWTH: ${ROUNDS} rounds of push-event`);
  const times = race(
    {
      small: little.contender,
      large: much.contender,
      checkout,
      naive: naivePush(surroundings, theirs, LARGE.clusters),
    },
    ROUNDS,
  );
  const words = { command: PUSH_WORDS, baseline: NAIVE, target: NAIVE_TARGET };
  return [
    ratioRow(
      {
        command: PUSH_WORDS,
        baseline: 'the same at 100 events',
        what: "`kgit push-event`, all but the server's own time",
        target: TARGET,
        note: `${SIZES}, in bare clones. The server's own time, from the end of the client's pack-objects to the end of receive-pack, is taken from git's trace2.`,
        peakMb: peakMemory({ ...much.contender, after: () => undefined }),
      },
      differences(times.large, much.server),
      differences(times.small, little.server),
    ),
    ratioRow(
      { ...words, what: '`kgit push-event` in a bare clone, 100,000 events, against git add, commit, push' },
      times.large,
      times.naive,
    ),
    ratioRow(
      {
        ...words,
        what: '`kgit push-event` in a checkout, 100,000 events, against git add, commit, push',
        target: CHECKOUT_TARGET,
      },
      times.checkout,
      times.naive,
    ),
  ];
}

const READS: readonly { readonly args: readonly string[]; readonly isBusy?: true }[] = [
  { args: ['log', '--limit', '20'] },
  { args: ['log', 'cluster/c0'] },
  { args: ['log', 'cluster/c0'], isBusy: true },
  { args: ['get', 'deployment.phase'] },
];

function readRows(surroundings: Surroundings, small: string, large: string): Row[] {
  progress(`GROWTH: ${READ_ROUNDS} rounds of reads`);
  // kgit's own files must not get into the cached repositories.
  const [little, much, busy] = ['small.git', 'large.git', 'busy.git'].map((name) =>
    join(surroundings.root, name),
  ) as [string, string, string];
  restore(small, little);
  restore(large, much);
  restore(madeRepository(surroundings.project, BUSY.events, BUSY.clusters), busy);
  const env = surroundings.env();
  return READS.map(({ args, isBusy }) => {
    const [repository, what, sizes] = isBusy
      ? [busy, `\`kgit ${args.join(' ')}\`, 2,000 events of the cluster`, BUSY_SIZES]
      : [much, `\`kgit ${args.join(' ')}\``, SIZES];
    const read = (cwd: string): Contender => ({
      argv: surroundings.kgit(process.execPath, ...args),
      cwd,
      env,
    });
    const times = race({ large: read(repository), small: read(little) }, READ_ROUNDS);
    return ratioRow(
      {
        what,
        command: `kgit ${args.join(' ')}`,
        baseline: 'the same at 100 events',
        target: TARGET,
        note: sizes,
        peakMb: peakMemory(read(repository)),
      },
      times.large,
      times.small,
    );
  });
}

function sealedRows(surroundings: Surroundings, small: string, large: string): Row[] {
  const rows = [
    { what: 'all but the last month sealed, 100,000 events', note: 'Sealed by `kgit compact`.' },
    {
      what: 'all closed months sealed, 1,000,000 events',
      note: 'Made sealed: a commit for each month, not for each event.',
    },
  ];
  const words = { command: PUSH_WORDS, baseline: 'the same at 100 events', target: SEALED_TARGET };
  const contenders = {
    small: pusher(surroundings, small, 'sealed-small', '--bare'),
    open: pusher(surroundings, large, 'sealed-open', '--bare'),
    first: pusher(
      surroundings,
      compactedRepository(surroundings, large, '2025-12-01'),
      'sealed-first',
      '--bare',
    ),
    second: pusher(
      surroundings,
      sealedRepository(surroundings.project, HUGE.events, HUGE.clusters),
      'sealed-second',
      '--bare',
    ),
  };
  progress(`GROWTH: ${ROUNDS} rounds of push-event into sealed repositories`);
  const times = race(contenders, ROUNDS);
  return [
    ...rows.map(({ what, note }, i) => {
      const name = i === 0 ? 'first' : 'second';
      return ratioRow(
        {
          ...words,
          note,
          what: `\`kgit push-event\`, all of it, ${what}`,
          peakMb: peakMemory(contenders[name]),
        },
        times[name],
        times.small,
      );
    }),
    ratioRow(
      { ...words, target: null, what: '`kgit push-event`, all of it, nothing sealed, 100,000 events' },
      times.open,
      times.small,
    ),
  ];
}
