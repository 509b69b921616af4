import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pushEventArgs } from '../event-files.js';
import { type Contender, peakMemory, race } from '../race.js';
import { numberRow, type Row, ratioRow } from '../result.js';
import {
  compactedRepository,
  madeRepository,
  progress,
  type Surroundings,
  serverOf,
} from '../surroundings.js';

const ROUNDS = 15;
const TARGET = 1.5;

/** COLD: the first write on a machine that has never seen the repository. */
export function cold(surroundings: Surroundings): Row[] {
  const contender = (name: string, made: string): Contender & { kept: string } => {
    const server = serverOf(surroundings, made, `${name}.git`);
    const kept = join(surroundings.root, `kept-${name}`);
    return {
      kept,
      argv: surroundings.kgit(process.execPath, ...pushEventArgs('c0'), '--repo', pathToFileURL(server).href),
      env: surroundings.env({ XDG_CACHE_HOME: join(kept, 'cache'), XDG_STATE_HOME: join(kept, 'state') }),
      before: () => rmSync(kept, { recursive: true, force: true }),
    };
  };
  const made = madeRepository(surroundings.project, 100_000, 1_000);
  const large = contender('large', made);
  const sealed = contender('sealed', compactedRepository(surroundings, made, '2025-12-01'));
  const empty = contender('empty', madeRepository(surroundings.project, 0, 1));
  progress(`COLD: ${ROUNDS} rounds`);
  const times = race({ large, sealed, empty }, ROUNDS);
  const words = { command: 'kgit push-event touched --cluster c0 --message TEXT --repo URL' };
  const note =
    'Before each run the cache and state folders are removed; the server is a folder of this machine.';
  return [
    ratioRow(
      {
        ...words,
        what: 'first write by URL, 100,000 events over 1,000 clusters against none',
        baseline: 'the same at 0 events',
        target: TARGET,
        note,
        peakMb: peakMemory(large),
      },
      times.large,
      times.empty,
    ),
    ratioRow(
      {
        ...words,
        what: 'the same, all but the last month sealed',
        baseline: 'the same at 0 events',
        target: TARGET,
        note,
        peakMb: peakMemory(sealed),
      },
      times.sealed,
      times.empty,
    ),
    ...[large, sealed, empty].map(({ kept }, i) =>
      numberRow(
        {
          ...words,
          what: `received, ${['100,000 events', '100,000 events, sealed', 'no events'][i]}`,
          baseline: '',
          target: null,
          note: 'The packs that were fetched.',
        },
        'KB',
        [receivedBytes(kept) / 1024],
      ),
    ),
  ];
}

/** Bytes of the packs received from the server, including those of filtered fetches. */
function receivedBytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const promised = files.filter((file) => file.endsWith('.promisor'));
  if (promised.length === 0) throw new Error('no pack was fetched');
  return promised
    .map((file) => statSync(join(folder, file.replace(/promisor$/, 'pack'))).size)
    .reduce((sum, size) => sum + size, 0);
}
