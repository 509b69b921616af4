import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, fsck, git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';

const PROCESSES = 80;

/** Ids of all event files at the tip of a repository. */
function eventIds(repository: string): string[] {
  const files = git(repository, 'ls-tree', '-r', '--name-only', 'main').split('\n');
  return files.flatMap((path) => /([0-9A-Z]{26})-[^/]+\.yaml$/.exec(path)?.[1] ?? []);
}

describe('many writers', () => {
  it(`${PROCESSES} push-event processes from two clones at once lose none and double none`, async () => {
    const remote = bareRepository();
    const first = join(temporaryFolder(), 'state');
    await kgitJson('.', ['init', first, '--remote', remote]);
    const clones = [first, cloneOf(remote)];
    const runs = await Promise.all(
      Array.from({ length: PROCESSES }, (_, i) =>
        kgit(clones[i % 2] as string, [
          'push-event',
          'touched',
          '--cluster',
          `c${i % 7}`,
          '--param',
          `n=${i}`,
          '--timeout',
          '5m',
          '--json',
        ]),
      ),
    );
    expect(runs.filter(({ code }) => code !== 0).map(({ stdout, stderr }) => stdout + stderr)).toEqual([]);
    expect(runs.map(({ json }) => json.delivery)).toEqual(Array(PROCESSES).fill('published'));
    const ids = eventIds(remote);
    expect(ids.sort()).toEqual(runs.map(({ json }) => json.id as string).sort());
    expect(new Set(ids).size).toBe(PROCESSES);
    const commits = Number(git(remote, 'rev-list', '--count', 'main'));
    expect(commits).toBe(PROCESSES + 1);
    fsck(remote);
    for (const clone of clones) {
      await kgitJson(clone, ['sync']);
      expect(git(clone, 'status', '--porcelain')).toBe('');
      expect(git(clone, 'rev-parse', 'HEAD')).toBe(git(remote, 'rev-parse', 'main'));
      fsck(clone);
    }
    // Committer dates never go backwards along the branch.
    const dates = git(remote, 'log', '--reverse', '--format=%ct', 'main').split('\n').map(Number);
    expect(dates).toEqual([...dates].sort((a, b) => a - b));
  }, 600_000);
});

describe("a user's own commit between writes", () => {
  it.each([
    ['a purely local repository', false],
    ['a checkout of a remote branch', true],
  ])('loses no event in %s, and a dirty file stays as it was', async (_name, isRemote) => {
    const path = join(temporaryFolder(), 'state');
    await kgitJson('.', ['init', path, ...(isRemote ? ['--remote', bareRepository()] : [])]);
    writeFileSync(join(path, 'notes.txt'), 'one\n');
    git(path, 'add', 'notes.txt');
    git(path, 'commit', '--quiet', '-m', 'my notes');
    if (isRemote) git(path, 'push', '--quiet', 'origin', 'main');
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      writeFileSync(join(path, 'notes.txt'), `dirty ${round}\n`);
      const { id } = await kgitJson(path, ['push-event', 'touched', '--cluster', 'prod']);
      ids.push(id);
      expect(readFileSync(join(path, 'notes.txt'), 'utf8')).toBe(`dirty ${round}\n`);
      expect(git(path, 'status', '--porcelain')).toBe('M notes.txt');
      git(path, 'commit', '--quiet', '-am', `round ${round}`);
      if (isRemote) git(path, 'push', '--quiet', 'origin', 'main');
    }
    expect(eventIds(path).sort()).toEqual(ids.sort());
    expect((await kgitJson(path, ['log', 'cluster/prod'])).events).toHaveLength(3);
    for (const commit of git(path, 'rev-list', 'main').split('\n')) fsck(path, commit);
  });
});
