import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgitJson } from '../../support/kgit.js';

async function localRepository(): Promise<string> {
  const path = temporaryFolder();
  await kgitJson('.', ['init', path]);
  await kgitJson(path, ['push-event', 'first', '--cluster', 'prod']);
  return path;
}

describe('a purely local repository that gets a remote', () => {
  it('brings its history along with init --remote, and again changes nothing', async () => {
    const path = await localRepository();
    const remote = bareRepository();
    await kgitJson(path, ['init', '.', '--remote', remote]);
    expect(git(remote, 'rev-parse', 'main')).toBe(git(path, 'rev-parse', 'main'));
    const tip = git(remote, 'rev-parse', 'main');
    expect(await kgitJson(path, ['init', '.', '--remote', remote])).toMatchObject({
      added: [],
      revision: tip,
    });
    expect((await kgitJson(path, ['log'])).events).toHaveLength(1);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  it('brings it along with the next write after git remote add', async () => {
    const path = await localRepository();
    const remote = bareRepository();
    git(path, 'remote', 'add', 'origin', remote);
    expect((await kgitJson(path, ['log'])).events).toHaveLength(1);
    const { revision } = await kgitJson(path, ['push-event', 'second', '--cluster', 'prod']);
    expect(git(remote, 'rev-parse', 'main')).toBe(revision);
    expect(git(remote, 'rev-list', '--count', 'main')).toBe('3');
  });

  it('reads a relative remote from where git does, and --remote from where the user stands', async () => {
    const remote = bareRepository();
    const top = join(remote, '..');
    await kgitJson(top, ['init', 'here', '--remote', 'state.git']);
    const path = join(top, 'here');
    expect(git(path, 'remote', 'get-url', 'origin')).toBe(remote);
    git(path, 'remote', 'set-url', 'origin', '../state.git');
    expect((await kgitJson(path, ['push-event', 'x', '--cluster', 'c'])).delivery).toBe('published');
    expect((await kgitJson(join(path, 'clusters'), ['sync'])).pending).toBe(0);
  });
});
