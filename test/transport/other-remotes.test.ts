import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import {
  commitFiles,
  expectFailure,
  MARKER,
  sharedState,
  stateRepository,
} from '../support/state-repository.js';

const PUSH = ['push-event', 'noted', '--cluster', 'prod', '--json'];
const outbox = async (path: string) => (await kgitJson(path, ['outbox'])).operations;

describe('a remote that is empty', () => {
  it('is cloned, said to be no state repository yet, and laid out by init', async () => {
    const remote = bareRepository();
    const path = join(temporaryFolder(), 'clone');
    const error = expectFailure(await kgit('.', ['clone', remote, path, '--json']), 'NO_REPO', 10);
    expect(error.suggestions.join()).toContain('kgit init');
    await kgitJson(path, ['init']);
    expect((await kgitJson(path, PUSH.slice(0, -1))).delivery).toBe('published');
    expect(git(remote, 'rev-list', '--count', 'main')).toBe('2');
  });

  it('and was not before: nothing is written over, and it is told', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    await kgitJson(path, ['sync']);
    git(remote, 'update-ref', '-d', 'refs/heads/main');
    const error = expectFailure(await kgit(path, ['sync', '--json']), 'REMOTE', 16);
    expect(error.data).toMatchObject({ cause: 'branch-gone', remote: 'denied' });
    expect((await kgit(path, ['log'])).code).toBe(0);
  });
});

describe('a remote with another history', () => {
  function unrelated(files: Record<string, string>): { remote: string; tip: string } {
    const remote = bareRepository();
    const other = temporaryFolder();
    git(other, 'init', '--quiet', '--initial-branch=main');
    commitFiles(other, files);
    git(other, 'push', '--quiet', remote, 'main');
    return { remote, tip: git(remote, 'rev-parse', 'main') };
  }

  it.each([
    ['of another kind', { 'main.c': 'int main;\n' }],
    ['of another state repository', { 'kgit.yaml': MARKER, 'deployments/x/state.yaml': 'a: 1\n' }],
  ])('%s: 12, again and again, in no outbox, and the remote is as it was', async (_name, files) => {
    const { remote, tip } = unrelated(files);
    const path = stateRepository();
    git(path, 'remote', 'add', 'origin', remote);
    for (const line of [
      PUSH,
      PUSH,
      ['set', '--create-key', 'a=1', '--json'],
      ['sync', '--json'],
      ['init', '--json'],
    ]) {
      const error = expectFailure(await kgit(path, line), 'CONFLICT', 12);
      expect(error.message).toContain('nothing in common');
    }
    expect(await outbox(path)).toEqual([]);
    expect(git(remote, 'rev-parse', 'main')).toBe(tip);
    expect(git(path, 'rev-list', '--count', 'main')).toBe('1');
  });

  it('in a clone whose remote was replaced: what waited still waits', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    await kgitJson(path, [...PUSH.slice(0, -1), '--queue']);
    const { tip } = unrelated({ a: 'b' });
    git(remote, 'fetch', '--quiet', unrelated({ a: 'b' }).remote, '+main:main');
    expectFailure(await kgit(path, PUSH), 'CONFLICT', 12);
    expectFailure(await kgit(path, ['sync', '--json']), 'CONFLICT', 12);
    expect(await outbox(path)).toHaveLength(1);
    expect(git(remote, 'rev-list', '--count', 'main')).toBe('1');
    expect(tip).not.toBe('');
  });
});

it('a remote with another default branch: clone takes it, and writes go there', async () => {
  const remote = sharedState();
  git(remote, 'branch', '-m', 'main', 'trunk');
  const path = join(temporaryFolder(), 'clone');
  expect(await kgitJson('.', ['clone', remote, path])).toMatchObject({ branch: 'trunk' });
  const { revision } = await kgitJson(path, PUSH.slice(0, -1));
  expect(git(remote, 'rev-parse', 'trunk')).toBe(revision);
  expect(git(remote, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/trunk');
});

describe.each(['kgit/v2', 'kgit/v12'])('a kgit.yaml of %s', (version) => {
  const newer = { 'kgit.yaml': MARKER.replace('kgit/v1', version) };

  it('is not read: 14, with the way out', async () => {
    const path = join(temporaryFolder(), 'clone');
    const error = expectFailure(
      await kgit('.', ['clone', sharedState(newer), path, '--json']),
      'INVALID_STATE',
      14,
    );
    expect(error.suggestions.join()).toContain('Update kgit');
  });

  it('that comes while one works is not written into: 14, in no outbox', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    await kgitJson(path, ['sync']);
    const other = cloneOf(remote);
    writeFileSync(join(other, 'kgit.yaml'), newer['kgit.yaml']);
    commitFiles(other, {});
    git(other, 'push', '--quiet', 'origin', 'main');
    const tip = git(remote, 'rev-parse', 'main');
    const error = expectFailure(await kgit(path, PUSH), 'INVALID_STATE', 14);
    expect(error.suggestions.join()).toContain('Update kgit');
    expect(git(remote, 'rev-parse', 'main')).toBe(tip);
  });
});
