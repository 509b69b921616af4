import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { procReceive } from '../support/proc-receive.js';
import { actions } from '../support/rewrites.js';
import { expectFailure, sharedState } from '../support/state-repository.js';

const write = (action: string) => ['push-event', action, '--cluster', 'prod'];

describe('a server that says ok and does not move the branch', () => {
  it.each([
    ['names another ref', ['refname refs/for/main/1'], 'refs/for/main/1'],
    [
      'names another new ref',
      ['refname refs/changes/1', `old-oid ${'0'.repeat(40)}`, 'new-oid NEW'],
      'refs/changes/1',
    ],
    ['names the old tip', ['old-oid OLD', 'new-oid OLD'], 'did not move'],
  ])('and %s: the write is refused and kept', async (_what, options, said) => {
    const remote = sharedState();
    const path = cloneOf(remote);
    await kgitJson(path, write('before'));
    const tip = git(remote, 'rev-parse', 'main');
    procReceive(remote, options);
    const error = expectFailure(await kgit(path, [...write('one'), '--json']), 'REFUSED', 20);
    expect(error.message).toContain(said);
    expect(error.data).toMatchObject({ kept: true, reason: 'branch not moved' });
    expect(git(remote, 'rev-parse', 'main')).toBe(tip);
    expect((await kgitJson(path, ['outbox'])).operations).toHaveLength(1);
    git(remote, 'config', '--unset', 'receive.procReceiveRefs');
    expect((await kgitJson(path, ['sync'])).published).toHaveLength(1);
    expect(actions(remote)).toEqual(['before', 'one']);
  });

  it('and names the new tip: the next write notices, and tells which writes are not there', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    await kgitJson(path, write('before'));
    const tip = git(remote, 'rev-parse', 'main');
    procReceive(remote, []);
    const { operation, delivery } = await kgitJson(path, write('one'));
    expect(delivery).toBe('published');
    expect(git(remote, 'rev-parse', 'main')).toBe(tip);
    git(remote, 'config', '--unset', 'receive.procReceiveRefs');
    const next = await kgit(path, [...write('two'), '--json']);
    expect(next.json.delivery).toBe('published');
    expect(next.stderr).toContain(operation);
    expect(next.stderr).toMatch(/or the server never moved it/);
    expect(actions(remote)).toEqual(['before', 'two']);
    await kgitJson(path, ['outbox', 'requeue', operation]);
    expect((await kgitJson(path, ['sync'])).published).toEqual([operation]);
    expect(actions(remote)).toEqual(['before', 'one', 'two']);
  });
});
