import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, emptyRepository, git, temporaryFolder } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import {
  commitFiles,
  commits,
  expectFailure,
  expectResult,
  sharedState,
} from '../../support/state-repository.js';

describe('kgit clone', () => {
  it('clones a repository that can be read without the network, and written', async () => {
    const remote = sharedState();
    const folder = temporaryFolder();
    const json = await kgitJson(folder, ['clone', remote]);
    expectResult(json, 'Clone');
    const path = join(folder, 'state');
    expect(json).toMatchObject({ path, branch: 'main', revision: git(remote, 'rev-parse', 'main') });
    expect(Date.parse(json.repository.fetchedAt)).toBeGreaterThan(Date.now() - PATIENCE_MS);
    expect(readFileSync(join(path, 'kgit.yaml'), 'utf8')).toContain('StateRepository');
    expect((await kgitJson(path, ['set', '--create-key', 'a=1'])).delivery).toBe('published');
    expect((await kgit(path, ['get', 'a', '--no-fetch'])).stdout).toBe('1\n');
  });

  it('accepts a folder, a file URL and a branch', async () => {
    const remote = sharedState();
    const folder = temporaryFolder();
    git(remote, 'branch', 'staging', 'main');
    const [named, branch] = await inTurn([
      () => kgit(folder, ['clone', `file://${remote}`, 'mine', '-o', 'name']),
      () => kgitJson(folder, ['clone', `${remote}#staging`, 'other']),
    ]);
    expect(named.stdout).toBe(`${join(folder, 'mine')}\n`);
    expect(branch.branch).toBe('staging');
    const written = await kgitJson(join(folder, 'other'), ['push-event', 'x', '--cluster', 'prod']);
    expect(git(remote, 'rev-parse', 'staging')).toBe(written.revision);
    expect(commits(remote, 'main')).toBe(1);
    expect(git(join(folder, 'other'), 'rev-parse', '--abbrev-ref', 'HEAD')).toBe('staging');
  });

  it('refuses a missing URL and a non-empty folder (2), no repository (16), no state repository (10)', async () => {
    const folder = temporaryFolder();
    const plain = bareRepository();
    const work = emptyRepository();
    commitFiles(work, { 'a.txt': 'a' });
    git(work, 'push', '--quiet', plain, 'main');
    const clone = (...args: string[]) => kgit(folder, ['clone', '--json', ...args]);
    const [none, option, full, missing, refused, foreign] = await Promise.all([
      clone(),
      clone('--', '--upload-pack=touch x'),
      clone(sharedState(), work),
      clone(`${folder}/none.git`, 'a'),
      clone('http://127.0.0.1:1/x.git', 'b'),
      clone(plain, 'c'),
    ]);
    for (const run of [none, option, full]) expectFailure(run, 'USAGE', 2);
    for (const run of [missing, refused]) expectFailure(run, 'REMOTE', 16);
    expectFailure(foreign, 'NO_REPO', 10);
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });

  it('never shows the credentials of a URL', async () => {
    const run = await kgit(temporaryFolder(), ['clone', 'http://user:hunter2secret@127.0.0.1:1/x.git']);
    expect([run.code, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain('KGIT_TOKEN');
    expect(run.stderr).not.toContain('hunter2secret');
  });
});
