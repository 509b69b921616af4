import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { withKgitOnPath } from '../../support/kgit-on-path.js';
import { expectFailure, STATE, sharedState, stateRepository } from '../../support/state-repository.js';

const FILE = 'deployments/dep-a/state.yaml';
const ATTRIBUTES = readFileSync(
  join(import.meta.dirname, '../../../templates/state-repo/gitattributes'),
  'utf8',
);

/** A clone of a state repository with two branches that change its state. */
async function twoBranches(left: string[], right: string[]): Promise<string> {
  const path = cloneOf(sharedState({ '.gitattributes': ATTRIBUTES }));
  await kgitJson(path, ['set', ...left]);
  git(path, 'switch', '--quiet', '--create', 'other', 'HEAD~1');
  git(path, 'clone', '--quiet', '--bare', '.', join(path, '.git/other.git'));
  const other = cloneOf(join(path, '.git/other.git'));
  git(other, 'switch', '--quiet', '--force-create', 'main', 'origin/other');
  git(other, 'remote', 'remove', 'origin');
  await kgitJson(other, ['set', ...right]);
  git(path, 'fetch', '--quiet', other, '+main:theirs');
  git(path, 'switch', '--quiet', 'main');
  return path;
}

describe('the merge driver', () => {
  it('is registered on first use in any clone, and what stands there is kept', async () => {
    const path = cloneOf(sharedState());
    await kgitJson(path, ['get']);
    expect(git(path, 'config', 'merge.kgit-state.driver')).toBe('kgit merge-state %O %A %B %P');
    git(path, 'config', 'merge.kgit-state.driver', 'mine %O %A %B %P');
    await kgitJson(path, ['set', '--create-key', 'a=1']);
    expect(git(path, 'config', '--get-all', 'merge.kgit-state.driver')).toBe('mine %O %A %B %P');
  });

  it('lets git merge two changes of one state document that lines alone could not', async () => {
    const path = await twoBranches(['deployment.phase=create_vms'], ['deployment.count=4', 'kof.version=2']);
    await withKgitOnPath(() => git(path, 'merge', '--quiet', '--no-edit', 'theirs'));
    expect(readFileSync(join(path, FILE), 'utf8')).toBe(
      `${STATE.replace('setup_network', 'create_vms').replace('count: 3', 'count: 4')}kof:\n  version: 2\n`,
    );
    expect((await kgitJson(path, ['log', 'deployment/dep-a', '--no-fetch'])).events).toHaveLength(1);
    expect(git(path, 'ls-files', '--', 'deployments/dep-a/events').split('\n')).toHaveLength(2);
  });

  it('leaves a conflict in git with marks and its values told, and nothing is dropped', async () => {
    const path = await twoBranches(
      ['deployment.phase=create_vms'],
      ['deployment.phase=setup_vpn', 'kof.a=1'],
    );
    let output = '';
    await withKgitOnPath(() => {
      try {
        git(path, 'merge', '--no-edit', 'theirs');
      } catch (error) {
        output = String((error as { stdout?: string }).stdout);
      }
    });
    expect(output).toContain(
      `${FILE}: deployment.phase: ours "create_vms", theirs "setup_vpn"  was "setup_network"`,
    );
    const text = readFileSync(join(path, FILE), 'utf8');
    expect(text).toMatch(
      /<<<<<<< ours\n {2}phase: create_vms\n[\s\S]*=======\n {2}phase: setup_vpn\n>>>>>>>/,
    );
    expect(text).toMatch(/kof:\n {2}a: 1/);
    expect(git(path, 'diff', '--name-only', '--diff-filter=U')).toBe(FILE);
  });
});

describe('kgit merge-state', () => {
  const files = (base: string, ours: string, theirs: string) => {
    const path = temporaryFolder();
    for (const [name, text] of Object.entries({ base, ours, theirs })) writeFileSync(join(path, name), text);
    return path;
  };

  it('ends with 12 on a conflict, with the values of the three sides', async () => {
    const path = files('a: 1\n', 'a: 2\n', 'a: 3\n');
    const run = await kgit(path, ['merge-state', 'base', 'ours', 'theirs', FILE, '--json']);
    expect(run.code).toBe(12);
    expect(run.json.conflicts).toEqual([{ path: 'a', base: 1, ours: 2, theirs: 3 }]);
  });

  it("leaves git's own conflict where a side cannot be read: 14", async () => {
    const path = files('a: 1\n', 'a: [\n', 'a: 3\n');
    const run = await kgit(path, ['merge-state', 'base', 'ours', 'theirs', FILE, '--json']);
    expect(expectFailure(run, 'INVALID_STATE', 14).message).toContain(FILE);
    expect(readFileSync(join(path, 'ours'), 'utf8')).toMatch(/<<<<<<< ours\na: \[\n[\s\S]*a: 3/);
  });
});

it('two branches that add events never conflict', async () => {
  const path = stateRepository({ '.gitattributes': ATTRIBUTES });
  for (const branch of ['one', 'two']) {
    git(path, 'switch', '--quiet', '--create', branch, 'main');
    for (const cluster of ['prod', 'test'])
      await kgitJson(path, ['push-event', 'noted', '--cluster', cluster, '--repo', `${path}#${branch}`]);
  }
  git(path, 'merge', '--quiet', '--no-edit', 'one');
  const { events } = await kgitJson(path, ['log', '--repo', `${path}#two`]);
  expect(events).toHaveLength(4);
});
