import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pushEventArgs } from '../event-files.js';
import { type Contender, peakMemory, race } from '../race.js';
import { missingRow, type Row, ratioRow } from '../result.js';
import { madeRepository, progress, type Surroundings, serverOf } from '../surroundings.js';
import { yq } from '../tools.js';

const ROUNDS = 21;
const SIZES = [50, 5_000] as const;
const BASELINE = 'bench/baselines/yq-append.sh yq FILE';

/** SCRIPT: one event against what deployment scripts do today, an append to a growing YAML file. */
export function script(surroundings: Surroundings): Row[] {
  const tool = yq();
  if ('missing' in tool) {
    const words = { command: 'kgit push-event', baseline: BASELINE, target: null };
    return [missingRow({ ...words, what: 'against yq 4' }, `yq 4 is not there: ${tool.missing}`)];
  }
  return SIZES.flatMap((events) => ofSize(surroundings, tool.path, events));
}

function legacyFile(surroundings: Surroundings, events: number): string {
  const file = join(surroundings.root, `events-${events}.yaml`);
  const entries = Array.from(
    { length: events },
    (_, i) =>
      `  - timestamp: "2025-07-11T14:30:00Z"\n    action: touched\n    user: bench\n    message: event ${i}\n`,
  );
  writeFileSync(file, `cluster_name: c0\nevents:\n${entries.join('')}`);
  return file;
}

function ofSize(surroundings: Surroundings, yqPath: string, events: number): Row[] {
  const made = madeRepository(surroundings.project, events, 1);
  const kgit = (name: string, ...more: string[]): Contender => ({
    argv: surroundings.kgit(process.execPath, ...pushEventArgs('c0'), ...more),
    cwd: serverOf(surroundings, made, `${name}-${events}.git`),
    env: surroundings.env(),
  });
  const original = legacyFile(surroundings, events);
  const file = join(surroundings.root, 'legacy.yaml');
  const contenders = {
    committed: kgit('committed'),
    queued: kgit('queued', '--queue'),
    yq: {
      argv: [surroundings.baseline('yq-append.sh'), yqPath, file] as [string, ...string[]],
      before: () => copyFileSync(original, file),
    },
  };
  progress(`SCRIPT: ${ROUNDS} rounds at ${events} events`);
  const times = race(contenders, ROUNDS);
  const words = { baseline: BASELINE, target: null };
  const command = 'kgit push-event touched --cluster c0 --message TEXT';
  return [
    ratioRow(
      {
        ...words,
        command,
        what: `committed in a local repository, ${events} events`,
        peakMb: peakMemory(contenders.committed),
      },
      times.committed,
      times.yq,
    ),
    ratioRow(
      {
        ...words,
        command: `${command} --queue`,
        what: `kept in the outbox, ${events} events`,
        peakMb: peakMemory(contenders.queued),
      },
      times.queued,
      times.yq,
    ),
  ];
}
