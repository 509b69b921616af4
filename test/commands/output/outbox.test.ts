import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import {
  commits,
  expectFailure,
  expectResult,
  offlineClone,
  sharedState,
} from '../../support/state-repository.js';

const queue = (path: string, action: string) =>
  kgitJson(path, ['push-event', action, '--cluster', 'prod', '--queue']);

describe('kgit outbox and kgit sync', () => {
  it('keeps what is queued, lists it in order, and publishes it with sync as one commit each', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const one = await queue(path, 'one');
    expect(one).toMatchObject({
      delivery: 'queued',
      revision: null,
      attempts: 0,
      repository: { pending: 1 },
    });
    const set = await kgitJson(path, ['set', 'deployment.count=4', '--queue']);
    expect(set.changed).toEqual([{ path: 'deployment.count', before: 3, after: 4 }]);
    expect(commits(remote, 'main')).toBe(1);
    const list = await kgitJson(path, ['outbox', 'list']);
    expectResult(list, 'Outbox');
    expect(list.repository.pending).toBe(2);
    expect(list.operations).toEqual([
      {
        id: one.operation,
        subject: one.subject,
        action: 'one',
        age: expect.any(Number),
        attempts: 0,
        error: null,
        refused: false,
      },
      expect.objectContaining({ subject: 'deployment/dep-a', action: 'state_changed' }),
    ]);
    const sync = await kgitJson(path, ['sync']);
    expectResult(sync, 'Sync');
    expect(sync).toMatchObject({
      published: list.operations.map(({ id }: { id: string }) => id),
      rejected: [],
      pending: 0,
      behind: 0,
    });
    expect(git(remote, 'log', '--reverse', '--format=%s', 'main').split('\n').slice(1)).toEqual([
      'one: cluster/default/kcm-system/prod',
      'deployment.count = 4 (dep-a)',
    ]);
    expect(git(path, 'rev-parse', 'HEAD')).toBe(sync.repository.revision);
    expect((await kgitJson(path, ['outbox'])).operations).toEqual([]);
  });

  it('lets a reader see his own queued writes', async () => {
    const path = offlineClone();
    await kgitJson(path, ['set', 'deployment.count=4', '--queue']);
    const [get, log, list] = await inTurn([
      () => kgitJson(path, ['get', 'deployment.count', '--no-fetch']),
      () => kgitJson(path, ['log', '--no-fetch']),
      () => kgitJson(path, ['list', '--no-fetch']),
    ]);
    expect(get).toMatchObject({ value: 4, repository: { pending: 1 } });
    expect(log.events[0].changes).toEqual([{ path: 'deployment.count', before: 3, after: 4 }]);
    expect(list.items[0]).toMatchObject({ events: 1, lastEvent: { subject: 'deployment/dep-a' } });
  });

  it('drops the operation that is named: 15 for an unknown one, 2 for none', async () => {
    const path = offlineClone();
    const one = await queue(path, 'one');
    expect((await kgitJson(path, ['outbox', 'drop', one.operation])).operations).toEqual([]);
    expectFailure(await kgit(path, ['outbox', 'drop', one.operation, '--json']), 'NOT_FOUND', 15);
    expectFailure(await kgit(path, ['outbox', 'drop', '--json']), 'USAGE', 2);
  });

  it('brings the checkout to what others published', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    const { revision } = await kgitJson(cloneOf(remote), ['push-event', 'x', '--cluster', 'prod']);
    const sync = await kgitJson(path, ['sync']);
    expect(sync).toMatchObject({ published: [], pending: 0, behind: 0, repository: { revision } });
    expect(git(path, 'rev-parse', 'HEAD')).toBe(revision);
    expect(readdirSync(join(path, 'clusters/default/kcm-system'))).toEqual(['prod']);
  });

  it('publishes everything once when several processes of a clone write at a time', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    await queue(path, 'queued');
    const lines = ['a', 'b', 'c'].map((action) => ['push-event', action, '--cluster', 'prod', '--json']);
    const runs = await Promise.all([...lines, ['sync', '--json']].map((line) => kgit(path, line)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const names = git(remote, 'ls-tree', '-r', '--name-only', 'main').split('\n');
    expect(names.flatMap((name) => /-([a-z]+)\.yaml$/.exec(name)?.[1] ?? []).sort()).toEqual([
      'a',
      'b',
      'c',
      'queued',
    ]);
    expect((await kgitJson(path, ['outbox'])).operations).toEqual([]);
  });

  it('keeps the outbox in the common git folder, for all worktrees', async () => {
    const path = offlineClone();
    git(path, 'worktree', 'add', '--quiet', '--detach', `${path}-linked`);
    await queue(`${path}-linked`, 'one');
    expect(readdirSync(join(path, '.git/kgit/outbox'))).toHaveLength(1);
    expect((await kgitJson(path, ['outbox'])).operations).toHaveLength(1);
  });
});
