/** A folder that was copied, with a configuration of git that a stranger has prepared. */
import { chownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GIT_KEYS } from '../../../scripts/docs/git-keys.js';
import { bareRepository, cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';
import { canary, openTestField, put } from '../../support/red-team/field.js';
import { expectFailure, sharedState } from '../../support/state-repository.js';

const field = await openTestField();
const { run, push } = field;

describe('a folder that was copied', () => {
  it.runIf(process.getuid?.() === 0)('git refuses the clone of another user', async () => {
    const path = field.clone();
    const give = (folder: string): void => {
      chownSync(folder, 4711, 4711);
      for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
        chownSync(join(entry.parentPath, entry.name), 4711, 4711);
    };
    give(path);
    expect(expectFailure(await push(path), 'ENVIRONMENT', 18).suggestions.join()).toContain('safe.directory');
    expect(field.own.requests).toEqual([]);
  });

  it('what is planted in the configuration of a copied folder runs where its row says so alone', async () => {
    const PLANTED: Readonly<Record<string, string>> = {
      'pager.*': 'pager.log',
      'alias.*': 'alias.fetch',
      'diff.*.command': 'diff.evil.command',
      'diff.*.textconv': 'diff.evil.textconv',
      'remote.*.uploadpack': 'remote.origin.uploadpack',
      'remote.*.receivepack': 'remote.origin.receivepack',
      'remote.*.vcs': 'remote.other.vcs',
      'submodule.*': 'submodule.x.update',
    };
    const path = cloneOf(sharedState());
    put(join(path, '.git/info/attributes'), '* diff=evil\n');
    const blocked = GIT_KEYS.filter(({ isBlocked }) => isBlocked).flatMap(({ keys }) => keys);
    const planted = blocked
      .filter((key) => !/^(protocol|url|fetch|push)/.test(key))
      .map((key) => ({ key, ...canary() }));
    for (const { key, program } of planted)
      git(path, 'config', PLANTED[key] ?? key, `${key.startsWith('alias') ? '!' : ''}${program}`);
    for (const args of [
      ['list'],
      ['get'],
      ['history'],
      ['diff', 'HEAD'],
      ['log', '--fetch'],
      ['validate'],
      ['doctor'],
      ['set', '--create-key', 'a=1'],
      ['sync'],
      ['verify'],
    ])
      await run(path, args);
    expect(planted.filter(({ hasRun }) => hasRun()).map(({ key }) => key)).toEqual([]);
    expect((await kgitJson(path, ['get', 'a'])).value).toBe(1);
  });

  it('kgit clone takes nothing from the repository stood in', async () => {
    const here = bareRepository();
    const { program, hasRun } = canary();
    git(here, 'config', 'credential.helper', program);
    git(here, 'config', `url.${field.evil.url}.insteadOf`, field.own.url);
    const path = join(temporaryFolder(), 'new');
    expect((await run(here, ['clone', field.own.url, path])).code).toBe(0);
    expect(hasRun()).toBe(false);
    expect(field.evil.requests).toEqual([]);
    // A folder is named from where one stands.
    expect((await run(join(here, '..'), ['clone', 'state.git', 'copy'])).stderr).not.toContain(
      'does not exist',
    );
  });
});
