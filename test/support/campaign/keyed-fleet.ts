import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { KeySpace } from '../../../src/backends/keyed/key-space.js';
import { temporaryFolder } from '../git-fixtures.js';
import { kgitJson, kgitProcess } from '../kgit.js';
import { DEPLOYMENT, expectPromises, syncAll, type Writers, waitingIn } from './fleet.js';
import type { Call } from './history.js';
import { readLine } from './read-line.js';

/** Machines that write to one store that is not git: each has files of its own. */
export interface KeyedFleet extends Writers {
  /** What a machine has for itself. */
  readonly environment: (machine: string) => Readonly<Record<string, string>>;
}

/** Makes a store with one deployment, and machines that write to it. */
export async function makeKeyedFleet(count: number, address: string): Promise<KeyedFleet> {
  const folder = temporaryFolder('kgit-fleet-');
  const clones = Array.from({ length: count }, (_, i) => join(folder, `machine-${i}`));
  for (const clone of clones) mkdirSync(clone);
  const environment = (machine: string) => ({
    KGIT_REPO: address,
    KGIT_USER: 'ada',
    XDG_STATE_HOME: join(machine, 'state'),
  });
  const [first = ''] = clones;
  await kgitJson(first, ['init', '--deployment', DEPLOYMENT], { env: environment(first) });
  return {
    environment,
    clones,
    run: (clone, args, options) =>
      kgitProcess(clone, args, { ...options, env: { ...environment(clone), ...options?.env } }),
  };
}

const outboxesOf = (machine: string): string[] => {
  const folder = join(machine, 'state/kgit');
  return readdirSync(folder).map((store) => join(folder, store, 'outbox'));
};

/** Checks the end state: nothing waits, the checker finds nothing, the keys agree, `verify` and `validate` find nothing. */
export async function expectStoreKept(
  fleet: KeyedFleet,
  space: KeySpace,
  calls: readonly Call[],
  note: string,
): Promise<void> {
  const unsynced = await syncAll(fleet);
  const { commits, chains, wrong } = await readLine(space);
  await space.close();
  const waiting = waitingIn(fleet.clones.flatMap(outboxesOf));
  expectPromises({ calls, commits, waiting, chains }, [...unsynced, ...wrong], note);
  const [clone = ''] = fleet.clones;
  for (const command of ['verify', 'validate']) {
    const { findings } = await kgitJson(clone, [command], { env: fleet.environment(clone) });
    expect(findings, `${note}: ${command}`).toEqual([]);
  }
}
