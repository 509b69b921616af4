import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import {
  commits,
  expectFailure,
  expectPublished,
  expectResult,
  STATE,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const stateOf = (path: string) => readFileSync(join(path, 'deployments/dep-a/state.yaml'), 'utf8');

describe('kgit set', () => {
  it('changes paths as one commit with its event, and only the lines that it must', async () => {
    const path = stateRepository();
    const json = await kgitJson(path, [
      'set',
      'deployment.phase=create_vms',
      'kof.version=1.5.0',
      '--reason',
      'why not',
    ]);
    expectResult(json, 'Set');
    expectPublished(json);
    expect(json.changed).toEqual([
      { path: 'deployment.phase', before: 'setup_network', after: 'create_vms' },
      { path: 'kof.version', after: '1.5.0' },
    ]);
    expect(json.repository.revision).toBe(json.revision);
    expect(stateOf(path)).toBe(`${STATE.replace('setup_network', 'create_vms')}kof:\n  version: 1.5.0\n`);
    expect(git(path, 'status', '--porcelain')).toBe('');
    const [added, changed, ...more] = git(path, 'diff', '--name-status', 'HEAD~1').split('\n');
    expect(added).toMatch(/^A\tdeployments\/dep-a\/events\/\d{4}-\d\d\/[0-9A-Z]{26}-state_changed.yaml$/);
    expect([changed, more]).toEqual(['M\tdeployments/dep-a/state.yaml', []]);
    const { events } = await kgitJson(path, ['log', 'deployment/dep-a']);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ action: 'state_changed', reason: 'why not', changes: json.changed });
  });

  it('keeps what stands behind = as it is typed, reads YAML behind :=, and with --string text alone', async () => {
    const path = stateRepository();
    const values = [
      'a=',
      'b=1.50',
      'c=[x, 1]',
      'd=-0.5',
      'e="q"',
      'f=null',
      'g=2025-07-11',
      'h=a=b',
      'i=#abc',
    ];
    const typed = await kgitJson(path, ['set', '--create-key', ...values, '--dry-run']);
    const news = (json: { changed: { after: unknown }[] }) => json.changed.map((change) => change.after);
    expect(news(typed)).toEqual(['', '1.50', '[x, 1]', -0.5, '"q"', null, '2025-07-11', 'a=b', '#abc']);
    const words = ['a:=[x, 1]', 'b:={k: null}', 'c:="3"', 'd:=~', 'e:=', 'f:=1.5'];
    const yaml = await kgitJson(path, ['set', '--create-key', ...words, '--dry-run']);
    expect(news(yaml)).toEqual([['x', 1], { k: null }, '3', null, '', 1.5]);
    const texts = await kgitJson(path, ['set', '--create-key', ...values, '--string', '--dry-run']);
    expect(news(texts)).toEqual(values.map((value) => value.slice(2)));
  });

  it('refuses what is no value or no path: 2, and writes nothing', async () => {
    const path = stateRepository();
    const bad = [
      'a:=!!str x',
      'a:=&x 1',
      'a:=*x',
      'a:=.nan',
      'a:=.inf',
      'a:=-.Inf',
      'a:=[1',
      'a:=b: c',
      'a:=fix #3',
      'a:=x\ny',
      'a:=1.10',
      'a+=1',
    ];
    const lines = [...bad, 'nothing', '=1', 'a..b=1', 'a b=1'].map((word) => [
      'set',
      '--create-key',
      'deployment.count=4',
      word,
    ]);
    const runs = await Promise.all([...lines, ['set']].map((line) => kgit(path, [...line, '--json'])));
    for (const run of runs) expectFailure(run, 'USAGE', 2);
    expect(commits(path)).toBe(1);
  });

  it('begins a top-level key only with --create-key, and names near ones: 15', async () => {
    const path = stateRepository();
    const run = await kgit(path, ['set', 'deploymnt.count=4', '--json']);
    expect(expectFailure(run, 'NOT_FOUND', 15).suggestions[0]).toBe('Did you mean deployment?');
    expect(commits(path)).toBe(1);
    await kgitJson(path, ['set', 'fresh=1', '--create-key']);
    expect((await kgit(path, ['set', 'fresh=2'])).code).toBe(0);
  });

  it('writes nothing where nothing changes', async () => {
    const path = stateRepository();
    const json = await kgitJson(path, ['set', 'deployment.count=3', 'deployment.phase=setup_network']);
    expect(json).toMatchObject({ changed: [], delivery: 'unchanged' });
    expect(json.repository.revision).toBe(json.revision);
    expect(commits(path)).toBe(1);
  });

  it('shows with --dry-run what would change', async () => {
    const path = stateRepository();
    const json = await kgitJson(path, ['set', 'deployment.count=4', '--dry-run']);
    expect(json).toMatchObject({ delivery: 'dry-run', revision: null, attempts: 0 });
    expect(json.changed).toEqual([{ path: 'deployment.count', before: 3, after: 4 }]);
    expect([commits(path), stateOf(path)]).toEqual([1, STATE]);
    expect((await kgitJson(path, ['outbox'])).operations).toEqual([]);
  });

  it('writes only if a condition holds; else 12 with what was expected and what is there', async () => {
    const path = stateRepository();
    const set = (...more: string[]) => kgit(path, ['set', 'deployment.count=4', '--json', ...more]);
    const failed = await Promise.all([
      set('--if', 'deployment.phase=create_vms'),
      set('--if', 'deployment.none=x'),
      set('--if-absent', 'deployment.count'),
      set('--if', 'deployment.phase=setup_network', '--if', 'deployment.count=5'),
    ]);
    expect(failed.map((run) => expectFailure(run, 'CONFLICT', 12).data)).toEqual([
      { path: 'deployment.phase', expected: 'create_vms', actual: 'setup_network' },
      { path: 'deployment.none', expected: 'x', actual: null },
      { path: 'deployment.count', expected: null, actual: 3 },
      { path: 'deployment.count', expected: 5, actual: 3 },
    ]);
    expect(commits(path)).toBe(1);
    expect((await set('--if', 'deployment.count=3', '--if-absent', 'kof')).code).toBe(0);
  });

  it("writes with --if-revision only if that deployment's state has not changed since", async () => {
    const path = stateRepository();
    const { revision } = (await kgitJson(path, ['get'])).repository;
    await kgitJson(path, ['push-event', 'noted', '--cluster', 'prod']);
    await kgitJson(path, ['set', '--create-key', 'a=1', '--if-revision', revision]);
    const [late, unknown] = await inTurn([
      () => kgit(path, ['set', '--create-key', 'a=2', '--if-revision', revision, '--json']),
      () => kgit(path, ['set', '--create-key', 'a=2', '--if-revision', 'deadbeef', '--json']),
    ]);
    expect(expectFailure(late, 'CONFLICT', 12).data).toMatchObject({ expected: revision, actual: 'changed' });
    expectFailure(unknown, 'NOT_FOUND', 15);
  });

  it('lets disjoint writes of two clones both in, and of two with the same condition exactly one', async () => {
    const remote = sharedState();
    const clones = [cloneOf(remote), cloneOf(remote)];
    const both = await inTurn(clones.map((path, i) => () => kgit(path, ['set', `kof.k${i}=${i}`, '--json'])));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const race = ['set', '--if', 'deployment.count=3', '--json'];
    const runs = await inTurn(
      clones.map((path, i) => () => kgit(path, [...race, `deployment.count=${10 + i}`])),
    );
    expect(runs.map(({ code }) => code).sort()).toEqual([0, 12]);
    const winner = runs.findIndex(({ code }) => code === 0);
    expect(runs[1 - winner]?.json.error.data).toMatchObject({
      path: 'deployment.count',
      expected: 3,
      actual: 10 + winner,
    });
    const state = git(remote, 'show', 'main:deployments/dep-a/state.yaml');
    expect(state).toContain(`count: ${10 + winner}`);
    expect(state).toMatch(/^ {2}k0: 0$/m);
    expect(state).toMatch(/^ {2}k1: 1$/m);
    expect(commits(remote, 'main')).toBe(4);
  });

  it('keeps an unknown deployment out (15, near ones named) unless --create', async () => {
    const path = stateRepository();
    const set = ['set', '--create-key', 'a=1', '--deployment', 'dep-b', '--json'];
    const error = expectFailure(await kgit(path, set), 'NOT_FOUND', 15);
    expect(error.suggestions[0]).toContain('dep-a');
    expect(error.data).toMatchObject({ deployment: 'dep-b', known: ['dep-a'] });
    expectPublished(await kgitJson(path, [...set, '--create']));
    expect((await kgit(path, ['get', 'a', '--deployment', 'dep-b'])).stdout).toBe('1\n');
  });
});
