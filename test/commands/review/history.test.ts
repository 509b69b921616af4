import { describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import {
  commitFiles,
  commits,
  expectFailure,
  expectPublished,
  expectResult,
  STATE,
  stateRepository,
} from '../../support/state-repository.js';

/** A repository with a deployment whose state was changed five times. */
async function changed(): Promise<string> {
  const path = temporaryFolder();
  await kgitJson(path, ['init', '--deployment', 'dep-a']);
  await kgitJson(path, [
    'set',
    'deployment.phase=a',
    'kof.version=1.0',
    '--user',
    'ada',
    '--reason',
    'first',
    '--run-id',
    'r1',
  ]);
  await kgitJson(path, ['set', 'deployment.phase=b', '--user', 'bob']);
  await kgitJson(path, ['set', 'kof:={version: "2.0", list: [1, 2]}']);
  await kgitJson(path, ['unset', 'kof.list.0']);
  await kgitJson(path, ['set', 'azure.region=x', 'azure.empty:={}']);
  return path;
}

const brief = (changes: Record<string, unknown>[]) =>
  changes.map(({ path, before, after }) => `${path} ${JSON.stringify(before)} ${JSON.stringify(after)}`);

describe('kgit history', () => {
  it('tells each change of a path with who, when, why and run, from above and below it', async () => {
    const path = await changed();
    const json = await kgitJson(path, ['history', 'kof.version']);
    expectResult(json, 'History');
    expect(brief(json.changes)).toEqual(['kof.version undefined "1.0"', 'kof.version "1.0" "2.0"']);
    expect(json.changes[0]).toMatchObject({
      user: 'ada',
      reason: 'first',
      run: 'r1',
      action: 'state_changed',
    });
    expect(Date.parse(json.changes[0].timestamp)).toBeGreaterThan(Date.now() - 600_000);
    expect((await kgitJson(path, ['history', 'kof'])).changes).toHaveLength(3);
    expect((await kgitJson(path, ['history', 'kof.none'])).changes).toEqual([]);
    await kgitJson(path, ['compact', '--before', 'today']);
    expect((await kgitJson(path, ['history', 'kof.version'])).changes).toEqual(json.changes);
  });

  it('annotates the whole document in a table', async () => {
    const path = await changed();
    expect((await kgit(path, ['history'])).stdout).toMatch(
      /^PATH .*\n(.*\n)*azure\.empty .* state_changed +\{\}\n/m,
    );
    expectFailure(await kgit(path, ['history', '--deployment', 'none', '--json']), 'NOT_FOUND', 15);
  });
});

describe('kgit diff', () => {
  it('tells the last change, and what revisions have otherwise, with their events', async () => {
    const path = await changed();
    const last = await kgitJson(path, ['diff']);
    expectResult(last, 'Diff');
    expect(brief(last.changes)).toEqual(['azure.region undefined "x"', 'azure.empty undefined {}']);
    const back = await kgitJson(path, ['diff', 'HEAD~3', 'HEAD~4']);
    expect(brief(back.changes)).toEqual(['deployment.phase "b" "a"']);
    git(path, 'switch', '--quiet', '-c', 'side', 'HEAD~3');
    await kgitJson(path, ['set', 'kof.on=true', '--repo', '.#side']);
    expect(brief((await kgitJson(path, ['diff', 'main...'])).changes)).toEqual(['kof.on undefined true']);
    expectFailure(await kgit(path, ['diff', 'none', '--json']), 'NOT_FOUND', 15);
  });
});

describe('of several deployments', () => {
  it('kgit diff names each, and null in JSON; kgit history asks which', async () => {
    const path = await changed();
    await kgitJson(path, ['init', '.', '--deployment', 'dep-b']);
    await kgitJson(path, ['set', 'deployment.phase=c', '--deployment', 'dep-a']);
    expect((await kgitJson(path, ['diff', 'HEAD~2'])).subject).toBeNull();
    const { stdout } = await kgit(path, ['diff', 'HEAD~2']);
    expect(stdout).toMatch(/^deployment\/dep-a\n {2}~ deployment.phase = "c".*\n.*\ndeployment\/dep-b\n/);
    expectFailure(await kgit(path, ['history', '--json']), 'USAGE', 2);
  });
});

describe('the state at a time', () => {
  const state = 'deployments/dep-a/state.yaml';
  const at = async (path: string, time: string) =>
    (await kgitJson(path, ['get', 'deployment.phase', '--at', time])).value;

  it('comes from the commits where it was edited by hand, before and after that', async () => {
    const path = stateRepository();
    const edited = (phase: string) => ({ [state]: STATE.replace('setup_network', phase) });
    commitFiles(path, edited('by_hand'), '2030-01-01T12:00:00Z');
    commitFiles(path, edited('again'), '2030-01-03T12:00:00Z');
    expect(await at(path, '2030-01-01T11:59:59Z')).toBe('setup_network');
    expect(await at(path, '2030-01-02T00:00:00Z')).toBe('by_hand');
    expect(await at(path, '2030-01-04T00:00:00Z')).toBe('again');
  });
});

describe('kgit rollback', () => {
  it('brings paths or all of it back as a new operation; events stay', async () => {
    const path = await changed();
    const count = commits(path);
    const then = await kgitJson(path, ['get', '--at', 'HEAD~3']);
    const one = await kgitJson(path, [
      'rollback',
      '--to',
      'HEAD~4',
      'deployment.phase',
      'azure',
      '--reason',
      'wrong',
    ]);
    expectPublished(one);
    expect(brief(one.changed)).toEqual([
      'deployment.phase "b" "a"',
      'azure {"region":"x","empty":{}} undefined',
    ]);
    const dry = await kgitJson(path, ['rollback', '--to', 'HEAD~4', '--dry-run']);
    expect(dry).toMatchObject({ delivery: 'dry-run' });
    const all = await kgitJson(path, ['rollback', '--to', 'HEAD~4']);
    expect(all.changed).toEqual(dry.changed);
    expect((await kgitJson(path, ['get'])).value).toEqual(then.value);
    expect((await kgitJson(path, ['rollback', '--to', 'HEAD'])).delivery).toBe('unchanged');
    expect(commits(path)).toBe(count + 2);
    const { events } = await kgitJson(path, ['log', 'deployment/dep-a']);
    expect(events.map(({ action }: { action: string }) => action)).toHaveLength(8);
    expect(events.at(-2)).toMatchObject({
      action: 'state_rolled_back',
      reason: 'wrong',
      parameters: { to: 'HEAD~4' },
    });
    expect((await kgitJson(path, ['verify'])).total).toBe(0);
    expectFailure(await kgit(path, ['rollback', '--to', 'none', '--json']), 'NOT_FOUND', 15);
  });
});
