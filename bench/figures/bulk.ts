import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EventFile, nextEvent } from '../event-files.js';
import { type Contender, peakMemory, race } from '../race.js';
import { numberRow, type Row, ratioRow } from '../result.js';
import { madeRepository, progress, restore, type Surroundings } from '../surroundings.js';
import { takeTrace } from '../trace.js';

const ROUNDS = 15;
const EVENTS = 10_000;
const CLUSTERS = 100;
const TARGET = 1.5;
const TARGET_MB = 300;

function streamOf(events: readonly EventFile[]): string {
  const files = events.map(
    ({ path, text }) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
  );
  const head =
    'commit refs/heads/main\ncommitter bench <bench@example.com> 1763000000 +0000\ndata 5\nbulk\n\nfrom refs/heads/main^0\n';
  return `${head}${files.join('')}done\n`;
}

function linesOf(events: readonly EventFile[]): string {
  const lines = events.map(({ subject, id, text }) => {
    const [, timestamp = ''] = /timestamp: "(.*)"/.exec(text) ?? [];
    const [, message = ''] = /message: (.*)/.exec(text) ?? [];
    return JSON.stringify({ subject, id, timestamp, action: 'touched', user: 'bench', message });
  });
  return `${lines.join('\n')}\n`;
}

/** BULK: many events in one operation and one push, against git fast-import. */
export function bulk(surroundings: Surroundings): Row[] {
  const { root } = surroundings;
  const made = madeRepository(surroundings.project, 100, 100);
  const pristine = {
    local: join(root, 'local.git'),
    server: join(root, 'server.git'),
    clone: join(root, 'clone.git'),
  };
  restore(made, pristine.local);
  restore(made, pristine.server);
  const work = {
    local: join(root, 'work/local.git'),
    server: join(root, 'work/server.git'),
    clone: join(root, 'work/clone.git'),
  };
  surroundings.git(root, 'clone', '--quiet', '--bare', pristine.server, pristine.clone);
  surroundings.git(pristine.clone, 'remote', 'set-url', 'origin', work.server);
  const events = Array.from({ length: EVENTS }, () => nextEvent(CLUSTERS));
  const [lines, stream] = [join(root, 'events.ndjson'), join(root, 'stream')];
  writeFileSync(lines, linesOf(events));
  writeFileSync(stream, streamOf(events));
  const before = () => {
    for (const name of ['local', 'server', 'clone'] as const) restore(pristine[name], work[name]);
  };
  const kgit = (repository: string): Contender => ({
    argv: surroundings.kgit(process.execPath, 'push-event', '--stdin', '--repo', repository),
    env: surroundings.env(),
    input: lines,
    before,
  });
  const git = (repository: string, ...more: string[]): Contender => ({
    argv: [surroundings.baseline('fast-import.sh'), repository, stream, ...more],
    env: surroundings.env(),
    before,
  });
  progress(`BULK: ${ROUNDS} rounds of ${EVENTS} events`);
  const times = race(
    {
      pushed: kgit(work.clone),
      gitPushed: git(work.clone, 'push'),
      local: kgit(work.local),
      gitLocal: git(work.local),
    },
    ROUNDS,
    1,
  );
  const peak = peakMemory(kgit(work.clone));
  const words = {
    command: 'kgit push-event --stdin <FILE',
    note: `${EVENTS} events over ${CLUSTERS} clusters.`,
  };
  return [
    ratioRow(
      {
        ...words,
        what: 'to a server, against `git fast-import` and `git push`',
        baseline: 'bench/baselines/fast-import.sh CLONE STREAM push',
        target: TARGET,
        peakMb: peak,
      },
      times.pushed,
      times.gitPushed,
    ),
    ratioRow(
      {
        ...words,
        what: 'in a purely local repository, against `git fast-import`',
        baseline: 'bench/baselines/fast-import.sh REPOSITORY STREAM',
        target: TARGET,
        peakMb: peakMemory(kgit(work.local)),
      },
      times.local,
      times.gitLocal,
    ),
    ...(peak === null
      ? []
      : [numberRow({ ...words, what: 'peak memory', baseline: '', target: TARGET_MB }, 'MB', [peak])]),
    numberRow({ ...words, what: 'pushes', baseline: '', target: 1 }, 'pushes', [
      pushesOf(surroundings, kgit(work.clone)),
    ]),
  ];
}

/** Number of packs that a command made the server receive. */
function pushesOf(surroundings: Surroundings, contender: Contender): number {
  contender.before?.(0);
  const [file, ...args] = contender.argv;
  execFileSync('sh', ['-c', 'exec "$@" <"$0" >/dev/null', contender.input ?? '/dev/null', file, ...args], {
    env: surroundings.tracedEnv(),
    stdio: 'pipe',
  });
  return takeTrace(surroundings.trace).filter(({ name }) => name === 'receive-pack').length;
}
