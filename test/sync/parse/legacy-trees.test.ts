import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KgitEvent } from '../../../src/model/event/event.js';
import { fold } from '../../../src/model/state/apply.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { isMap, type Value, type ValueMap } from '../../../src/model/value/value.js';
import { refusalOf } from '../../../src/sync/plan/import-plan.js';
import { count } from '../../support/campaign/size.js';
import { type LegacyTree, type LegacyTreeFile, legacyTree } from '../../support/legacy-trees.js';
import { finder, legacyFile, MemoryRepository } from '../import-support.js';

const RUNS = count('CAMPAIGN_TREES', 25, 10_000);
const NOTHING_IS_SECRET = { secrets: finder(() => false), skipInvalid: false };

const asFiles = (files: readonly LegacyTreeFile[]) =>
  files.map(({ name, text, folder }) => legacyFile(name, text, folder));

async function imported(files: readonly LegacyTreeFile[], into = new MemoryRepository()) {
  const plan = await into.plan(asFiles(files), 'fail', NOTHING_IS_SECRET);
  expect(refusalOf(plan)).toBeNull();
  await into.carryOut(plan);
  return { repository: into, plan };
}

/** The entry that an imported event was made from. */
function entryOf({ id: _id, source, ...fields }: KgitEvent): ValueMap {
  const { action, timestamp, fields: odd } = source as Record<string, Value | undefined>;
  return {
    ...(fields as unknown as ValueMap),
    ...(isMap(odd) ? (odd as ValueMap) : {}),
    ...(action === undefined ? {} : { action }),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

function entriesIn(repository: MemoryRepository, subject: string): ValueMap[] {
  const own = repository.events(subject).filter(({ source }) => source?.['index'] !== undefined);
  return own.filter(({ source }) => source?.['imported_from'] !== 'deployment-archive').map(entryOf);
}

function listOf({ files }: LegacyTree, name: string): ValueMap[] | undefined {
  const file = files.find((candidate) => candidate.folder === 'state' && candidate.name === name);
  return file?.data['events'] as unknown as ValueMap[] | undefined;
}

const idsOf = (repository: MemoryRepository) =>
  [...repository.files.keys()]
    .filter((path) => path.includes('/events/') && !path.includes('-state_imported'))
    .sort();

describe('whatever the scripts may have left', () => {
  it('is imported: each event once and in its order, nothing twice, the same by everybody', async () => {
    let events = 0;
    await fc.assert(
      fc.asyncProperty(legacyTree, async (tree) => {
        const { repository } = await imported(tree.files);
        const subjects = tree.files.flatMap(({ data }) => data['cluster_name'] ?? []);
        const wanted = listOf(tree, 'deployment-events.yaml') ?? listOf(tree, 'deployment-state.yaml');
        expect(entriesIn(repository, `deployment/${tree.deployment}`)).toEqual(wanted);
        for (const name of subjects)
          expect(entriesIn(repository, `cluster/default/kcm-system/${name}`)).toEqual(
            listOf(tree, `cluster-${name}-events.yaml`),
          );
        events += wanted?.length ?? 0;

        const again = await repository.plan(asFiles(tree.files), 'fail', NOTHING_IS_SECRET);
        expect(again.parts).toEqual([]);
        expect(again.conflicts).toEqual([]);

        const path = `deployments/${tree.deployment}/state.yaml`;
        const state = parseState(repository.files.get(path) ?? '', path);
        expect(fold(repository.events(`deployment/${tree.deployment}`))).toEqual(state);

        // Somebody else, who names the files in another order.
        const other = await imported([...tree.files].reverse());
        expect(idsOf(other.repository)).toEqual(idsOf(repository));
        expect(other.repository.files.get(path)).toBe(repository.files.get(path));
      }),
      { numRuns: RUNS },
    );
    expect(events).toBeGreaterThan(RUNS);
  });
});
