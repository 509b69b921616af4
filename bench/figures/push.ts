import { join } from 'node:path';
import { NAIVE, naivePush, pushEventArgs } from '../event-files.js';
import { peakMemory, race } from '../race.js';
import { type Row, ratioRow } from '../result.js';
import { differences } from '../statistics.js';
import { madeRepository, progress, type Surroundings, serverOf } from '../surroundings.js';

const ROUNDS = 21;
const EVENTS = 100;

/** PUSH: one event to a server on this machine, against git add, commit and push, without start-up. */
export function push(surroundings: Surroundings): Row[] {
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
  const words = { command: 'kgit push-event touched --cluster c7 --message TEXT', baseline: NAIVE };
  return [
    ratioRow(
      {
        ...words,
        what: '`kgit push-event`, less its start as START has it (`kgit push-event --queue`)',
        target: 1.2,
        peakMb: peakMemory(contender),
      },
      differences(times.push, times.queue),
      times.naive,
      times.push,
    ),
    ratioRow(
      { ...words, what: '`kgit push-event`, less the start of any command (`kgit --version`)', target: null },
      differences(times.push, times.version),
      times.naive,
      times.push,
    ),
    ratioRow({ ...words, what: '`kgit push-event`, all of it', target: 2.2 }, times.push, times.naive),
  ];
}
