import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { expectFailure, MARKER, stateRepository } from '../../support/state-repository.js';

const state = (id: string) => `deployment:\n  deployment_id: ${id}\n`;
const IDS = ['flag', 'env', 'named', 'project', 'user', 'repo'];
const many = (marker = MARKER) =>
  stateRepository({
    'kgit.yaml': marker,
    ...Object.fromEntries(IDS.map((id) => [`deployments/${id}/state.yaml`, state(id)])),
  });
/** A file of settings in a folder of its own. */
function settingsFile(path: string, text: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('where settings come from', () => {
  it('takes flag, environment, --config, .kgitrc.yaml, XDG config and kgit.yaml, in this order', async () => {
    const path = many(MARKER.replace('settings: {}', 'settings: {deployment: repo}'));
    const config = temporaryFolder();
    const user = settingsFile(join(config, 'kgit/config.yaml'), 'deployment: user\n');
    const named = settingsFile(
      join(config, 'team.yaml'),
      'state_management: {backend: git, deployment: named}\n',
    );
    const inside = join(path, 'some/folder');
    mkdirSync(inside, { recursive: true });
    const ids: string[] = [];
    const ask = async (args: string[], env: Record<string, string>) => {
      ids.push((await kgit(inside, ['get', 'deployment.deployment_id', ...args], { env })).stdout.trim());
    };
    await ask([], {});
    await ask([], { XDG_CONFIG_HOME: config });
    settingsFile(join(path, '.kgitrc.yaml'), 'deployment: project\n');
    await ask([], { XDG_CONFIG_HOME: config });
    await ask(['--config', named], { XDG_CONFIG_HOME: config });
    await ask([], { XDG_CONFIG_HOME: config, KGIT_CONFIG: named });
    await ask(['--config', named], { XDG_CONFIG_HOME: config, KGIT_DEPLOYMENT: 'env' });
    await ask(['--config', named, '--deployment', 'flag'], { KGIT_DEPLOYMENT: 'env' });
    expect(user).toBeTruthy();
    expect(ids).toEqual(['repo', 'user', 'project', 'named', 'named', 'env', 'flag']);
  });

  it.runIf(process.getuid?.() === 0)(
    'leaves a .kgitrc.yaml of somebody else alone, and says so',
    async () => {
      const path = many();
      chownSync(settingsFile(join(path, '.kgitrc.yaml'), 'deployment: project\n'), 4711, 4711);
      const run = await kgit(path, ['get', '--json']);
      expectFailure(run, 'USAGE', 2);
      expect(run.stderr).toContain('is not yours');
    },
  );

  it('lists the deployments where several could be meant: 2; there is none: 15', async () => {
    const [several, none] = await inTurn([
      () => kgit(many(), ['get', '--json']),
      () => kgit(stateRepository({ 'deployments/dep-a/state.yaml': '' }), ['get', '--json']),
    ]);
    expect(expectFailure(several, 'USAGE', 2).data.known).toEqual([
      'dep-a',
      'env',
      'flag',
      'named',
      'project',
      'repo',
      'user',
    ]);
    expect(none.code).toBe(0);
    const empty = stateRepository();
    git(empty, 'rm', '-rq', 'deployments');
    git(empty, 'commit', '-qm', 'none');
    const runs = await inTurn([
      () => kgit(empty, ['get', '--json']),
      () => kgit(empty, ['set', '--create-key', 'a=1', '--json']),
    ]);
    for (const run of runs) expectFailure(run, 'NOT_FOUND', 15);
  });

  it('names setting and place of a value that breaks its rule: 2, in kgit.yaml 14', async () => {
    const above = temporaryFolder();
    const path = join(above, 'some/folder');
    mkdirSync(path, { recursive: true });
    settingsFile(join(above, '.kgitrc.yaml'), 'timeout: soon\n');
    const other = stateRepository();
    const backend = settingsFile(
      join(temporaryFolder(), 'c.yaml'),
      'state_management: {backend: carrier-pigeon}\n',
    );
    const [file, env, missing, unknown, repo] = await inTurn([
      () => kgit(path, ['list', '--json']),
      () => kgit(other, ['list', '--json'], { env: { KGIT_TIMEOUT: '-1' } }),
      () => kgit(other, ['list', '--json', '--config', '/missing.yaml']),
      () => kgit(other, ['list', '--json', '--config', backend]),
      () =>
        kgit(stateRepository({ 'kgit.yaml': MARKER.replace('settings: {}', 'settings: {repo: /x}') }), [
          'list',
          '--json',
        ]),
    ]);
    expect(expectFailure(file, 'USAGE', 2).data).toEqual({
      setting: 'timeout',
      where: join(above, '.kgitrc.yaml'),
    });
    expect(expectFailure(env, 'USAGE', 2).data).toEqual({ setting: 'timeout', where: 'KGIT_TIMEOUT' });
    for (const run of [missing, unknown]) expectFailure(run, 'USAGE', 2);
    expect(expectFailure(repo, 'INVALID_STATE', 14).data).toMatchObject({
      setting: 'repo',
      path: 'kgit.yaml',
    });
  });

  it('finds the repository by --repo, KGIT_REPO, the checkout stood in', async () => {
    const [here, there, third] = [stateRepository(), many(), stateRepository()];
    mkdirSync(join(here, 'a/b'), { recursive: true });
    const revision = (path: string) => git(path, 'rev-parse', 'HEAD');
    const ask = async (args: string[], env = {}) =>
      (await kgitJson(join(here, 'a/b'), ['list', ...args], { env })).repository.revision;
    git(third, 'commit', '--quiet', '--allow-empty', '-m', 'more');
    expect(
      await Promise.all([
        ask([]),
        ask([], { KGIT_REPO: there }),
        ask(['--repo', third], { KGIT_REPO: there }),
      ]),
    ).toEqual([revision(here), revision(there), revision(third)]);
    const bad = ['--repo=--upload-pack=x', '--repo=ext::sh -c x', `--repo=${here}#a..b`];
    const runs = await inTurn(bad.map((repo) => () => kgit(here, ['list', repo, '--json'])));
    for (const run of runs) expectFailure(run, 'USAGE', 2);
  });

  it('knows who acts by --user, KGIT_USER, the actor of CI, git user.name, the login name', async () => {
    const path = stateRepository();
    const ask = async (args: string[], env: Record<string, string>) => {
      const { id } = await kgitJson(path, ['push-event', 'x', '--cluster', 'a', ...args], { env });
      const { events } = await kgitJson(path, ['log', '--limit', '1']);
      expect(events[0].id).toBe(id);
      return [events[0].user, git(path, 'log', '-1', '--format=%an')];
    };
    const env = { GITHUB_ACTOR: 'octo', GITHUB_RUN_ID: '4711' };
    const login = await ask([], {});
    expect(login[0]).toBe(login[1]);
    git(path, 'config', 'user.name', 'Git Name');
    expect(await ask([], {})).toEqual(['Git Name', 'Git Name']);
    expect(await ask([], env)).toEqual(['octo', 'octo']);
    expect(await ask([], { ...env, KGIT_USER: 'setting' })).toEqual(['setting', 'setting']);
    expect(await ask(['--user', 'flag'], { ...env, KGIT_USER: 'setting' })).toEqual(['flag', 'flag']);
    expect((await kgitJson(path, ['log', '--run', '4711'])).events).toHaveLength(3);
  });
});
