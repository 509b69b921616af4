import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, peakMemory, race } from '../race.js';
import { numberRow, type Row } from '../result.js';
import { madeRepository, progress, restore, type Surroundings } from '../surroundings.js';

const ROUNDS = 9;
const FILES = 200;
const EVENTS = 50;
const TARGET_MS = 2_000;
const TARGET_MB = 300;

/** Makes a `state` folder with this many clusters, each with its log. */
function writeLogs(state: string): void {
  mkdirSync(state, { recursive: true });
  const entries = Array.from(
    { length: EVENTS },
    (_, i) =>
      `  - timestamp: "2025-12-04T01:${String(i).padStart(2, '0')}:00Z"\n    action: cluster_config_recorded\n` +
      `    message: "Template: azure-1-0-${i}, Credential: azure-cluster-identity-cred, DryRun: false"\n`,
  ).join('');
  for (let file = 0; file < FILES; file++)
    writeFileSync(
      join(state, `cluster-c${file}-events.yaml`),
      `cluster_name: "c${file}"\ncreated_at: "2025-12-04T01:00:00Z"\nlast_updated: "2025-12-04T01:49:00Z"\nevents:\n${entries}`,
    );
}

/** IMPORT: the legacy logs of a whole team in one operation and one push. */
export function importFigure(surroundings: Surroundings): Row[] {
  const { root } = surroundings;
  const made = madeRepository(surroundings.project, 100, 100);
  const pristine = { server: join(root, 'server.git'), clone: join(root, 'clone.git') };
  const work = { server: join(root, 'work/server.git'), clone: join(root, 'work/clone.git') };
  const state = join(root, 'state');
  restore(made, pristine.server);
  surroundings.git(root, 'clone', '--quiet', '--bare', pristine.server, pristine.clone);
  surroundings.git(pristine.clone, 'remote', 'set-url', 'origin', work.server);
  writeLogs(state);
  const kgit: Contender = {
    argv: surroundings.kgit(process.execPath, 'import', state, '--repo', work.clone),
    env: surroundings.env(),
    before: () => {
      for (const name of ['server', 'clone'] as const) restore(pristine[name], work[name]);
    },
  };
  progress(`IMPORT: ${ROUNDS} rounds of ${FILES * EVENTS} legacy events`);
  const { imported } = race({ imported: kgit }, ROUNDS, 1);
  const peak = peakMemory(kgit);
  const words = {
    command: 'kgit import STATE',
    note: `${FILES * EVENTS} events in ${FILES} files, to a server, in one push.`,
    baseline: '',
  };
  const what = 'the legacy logs of 200 clusters';
  return [
    numberRow({ ...words, what, target: TARGET_MS, peakMb: peak }, 'ms', imported),
    ...(peak === null
      ? []
      : [numberRow({ ...words, what: `${what}: peak memory`, target: TARGET_MB }, 'MB', [peak])]),
  ];
}
