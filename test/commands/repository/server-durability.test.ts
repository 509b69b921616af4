import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { expectFailure, sharedState } from '../../support/state-repository.js';

const fsyncOf = (path: string) => git(path, 'config', '--local', '--get', '--default', '', 'core.fsync');

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly fix: string | null;
}

async function durability(path: string): Promise<Check | undefined> {
  const { json } = await kgit(path, ['doctor', '--json']);
  return json.checks.find(({ name }: Check) => name === 'durability');
}

describe('kgit init', () => {
  it.each(['', 'file://'])('makes a remote %sPATH where nothing is, and has it sync all', async (scheme) => {
    const server = join(temporaryFolder(), 'state.git');
    const path = temporaryFolder();
    const json = await kgitJson(path, ['init', '--remote', `${scheme}${server}`]);
    expect(json).toMatchObject({ madeRemote: server, configured: 'core.fsync=all' });
    expect(fsyncOf(server)).toBe('all');
    expect(git(server, 'config', 'core.bare')).toBe('true');
    expect(git(server, 'rev-parse', 'main')).toBe(json.revision);
    expect((await kgitJson(cloneOf(server), ['list'])).items).toEqual([]);
    const again = await kgit(path, ['init', '--json']);
    expect(again.json).toMatchObject({ madeRemote: null, configured: null, delivery: 'unchanged' });
  });

  it('sets up a remote that is there, says so, and never overrides what somebody has set', async () => {
    const server = bareRepository();
    const first = await kgit(temporaryFolder(), ['init', '--remote', server]);
    expect(first.stdout).toContain(`core.fsync=all in ${server}: acknowledged pushes survive a power cut`);
    for (const value of ['none', 'committed']) {
      git(server, 'config', 'core.fsync', value);
      const json = await kgitJson(temporaryFolder(), ['init', '--remote', server]);
      expect(json).toMatchObject({ madeRemote: null, configured: null });
      expect(fsyncOf(server)).toBe(value);
    }
  });

  it('sets up a repository without a remote, which is the only place of what it holds', async () => {
    const path = temporaryFolder();
    expect(await kgitJson(path, ['init'])).toMatchObject({ configured: 'core.fsync=all', remote: null });
    expect(fsyncOf(path)).toBe('all');
  });

  it('makes nothing where the folder above is missing, or something else is there, or for --dry-run', async () => {
    const folder = temporaryFolder();
    const missing = join(folder, 'no/such/state.git');
    const args = ['init', '--json', '--remote'];
    expectFailure(await kgit(temporaryFolder(), [...args, missing]), 'REMOTE', 16);
    expectFailure(await kgit(temporaryFolder(), [...args, folder]), 'REMOTE', 16);
    expect(existsSync(join(folder, 'no'))).toBe(false);
    expect(existsSync(join(folder, 'HEAD'))).toBe(false);
    await kgitJson(temporaryFolder(), ['init', '--dry-run', '--remote', join(folder, 'state.git')]);
    expect(existsSync(join(folder, 'state.git'))).toBe(false);
  });
});

describe('kgit doctor', () => {
  it('finds a remote that may lose what it acknowledged, with the command that mends it', async () => {
    const server = sharedState();
    const path = cloneOf(server);
    const check = await durability(path);
    expect(check).toMatchObject({ ok: false, fix: `git --git-dir=${server} config core.fsync all` });
    git('.', ...(check?.fix ?? '').split(' ').slice(1));
    expect(await durability(path)).toMatchObject({ ok: true });
  });

  it.each([
    ['all', true],
    ['committed', true],
    ['loose-object,reference', true],
    ['committed,-loose-object', false],
    ['loose-object', false],
    ['pack', false],
    ['none', false],
  ])('knows what core.fsync=%s means for a push: %s', async (value, ok) => {
    const server = sharedState();
    git(server, 'config', 'core.fsync', value);
    expect(await durability(cloneOf(server))).toMatchObject({ ok });
  });

  it('says nothing of a remote that it cannot see', async () => {
    const path = cloneOf(sharedState());
    git(path, 'remote', 'set-url', 'origin', 'http://127.0.0.1:1/state.git');
    expect(await durability(path)).toBeUndefined();
  });
});
