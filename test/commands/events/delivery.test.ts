import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git } from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import { HANG_S, PATIENCE_MS } from '../../support/patience.js';
import {
  commits,
  expectFailure,
  offlineClone,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const PUSH = ['push-event', 'noted', '--cluster', 'prod', '--json'];
const outbox = async (path: string) => (await kgitJson(path, ['outbox'])).operations;

/** Makes a remote refuse every push, as a protected branch does. */
function refusing(remote: string): void {
  const hook = join(remote, 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho "main is protected" >&2\nexit 1\n');
  chmodSync(hook, 0o755);
}

describe('what becomes of a write that cannot be published', () => {
  it.each(['http://127.0.0.1:1/x.git', 'ssh://127.0.0.1:1/x.git', 'git://127.0.0.1:1/x.git'])(
    'no connection to %s: queued, exit 0, said on stderr',
    async (url) => {
      const path = offlineClone(url);
      const run = await kgit(path, PUSH);
      expect(run.code).toBe(0);
      expect(run.json).toMatchObject({ delivery: 'queued', revision: null, repository: { pending: 1 } });
      expect(run.stderr).toMatch(/not published yet: .*127\.0\.0\.1/);
      expect(run.stderr).toContain('kgit sync');
      const [entry] = await outbox(path);
      expect(entry).toMatchObject({
        id: run.json.operation,
        subject: run.json.subject,
        action: 'noted',
        attempts: 1,
      });
      expect(entry.error).toContain('127.0.0.1');
    },
  );

  it('no connection where publishing is required: 16, kept, and said so', async () => {
    const path = offlineClone();
    const [required, ci, set] = [
      await kgit(path, [...PUSH, '--require-publish']),
      await kgit(path, PUSH, { env: { CI: '1' } }),
      await kgit(path, ['set', '--create-key', 'a=1', '--json', '--require-publish']),
    ];
    const kept = [required, ci, set].map((run) => expectFailure(run, 'REMOTE', 16).data);
    for (const data of kept) expect(data).toMatchObject({ kept: true, operation: expect.any(String) });
    expect((await outbox(path)).map(({ id }: { id: string }) => id)).toEqual(
      kept.map(({ operation }: { operation: string }) => operation),
    );
    expectFailure(await kgit(path, ['sync', '--json']), 'REMOTE', 16);
  });

  it('shows what a queued change of state is going to change', async () => {
    const json = await kgitJson(offlineClone(), ['set', 'deployment.count=4']);
    expect(json).toMatchObject({
      delivery: 'queued',
      changed: [{ path: 'deployment.count', before: 3, after: 4 }],
    });
  });

  it('a remote that does not answer in time: queued within the time given', async () => {
    const path = offlineClone();
    git(path, 'config', 'core.sshCommand', `sleep ${HANG_S};`);
    git(path, 'remote', 'set-url', 'origin', 'ssh://host.invalid/x.git');
    const began = Date.now();
    const run = await kgit(path, [...PUSH, '--timeout', '1s']);
    expect(run.json.delivery).toBe('queued');
    expect(Date.now() - began).toBeLessThan(PATIENCE_MS);
  });

  it('a condition or a phase that nobody could check is withdrawn: 16, not kept, unless --queue', async () => {
    const path = offlineClone();
    const lines = [
      ['phase', 'start', 'create_vms'],
      ['set', '--create-key', 'a=1', '--if', 'deployment.count=3'],
      ['set', '--create-key', 'a=1', '--if-absent', 'a'],
    ];
    const runs = await inTurn(lines.map((line) => () => kgit(path, [...line, '--json'])));
    for (const run of runs) {
      const { data, suggestions } = expectFailure(run, 'REMOTE', 16);
      expect(data).toMatchObject({ kept: false, operation: expect.any(String) });
      expect(suggestions.join()).not.toContain('kgit sync');
    }
    expect(await outbox(path)).toEqual([]);
    for (const line of lines)
      expect(await kgitJson(path, [...line, '--queue'])).toMatchObject({ delivery: 'queued' });
    expect(await outbox(path)).toHaveLength(3);
  });

  it('an unknown repository: 16, kept', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    renameSync(remote, `${remote}.moved`);
    const { data } = expectFailure(await kgit(path, PUSH), 'REMOTE', 16);
    expect(data).toMatchObject({ kept: true, remote: 'denied', cause: 'not-found' });
    renameSync(`${remote}.moved`, remote);
    expect(await kgitJson(path, ['sync'])).toMatchObject({ published: [data.operation], pending: 0 });
  });

  it('a hook that refuses: 20, kept, with the words of the hook; a condition is withdrawn', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    refusing(remote);
    const error = expectFailure(await kgit(path, PUSH), 'REFUSED', 20);
    expect(error.data).toMatchObject({ kept: true, operation: expect.any(String) });
    expect(error.message).toContain('main is protected');
    const withdrawn = await kgit(path, [
      'set',
      '--create-key',
      'a=1',
      '--if',
      'deployment.count=3',
      '--json',
    ]);
    expect(expectFailure(withdrawn, 'REFUSED', 20).data.kept).toBe(false);
    expect((await outbox(path)).map(({ id }: { id: string }) => id)).toEqual([error.data.operation]);
    expectFailure(await kgit(path, ['sync', '--json']), 'REFUSED', 20);
    writeFileSync(join(remote, 'hooks', 'pre-receive'), '#!/bin/sh\nexit 0\n');
    expect((await kgitJson(path, ['outbox', 'retry'])).operations).toEqual([]);
    expect(commits(remote, 'main')).toBe(2);
  });

  it('local edits in the way in a repository without a remote: 12, in no outbox, edits untouched', async () => {
    const path = stateRepository();
    const file = join(path, 'deployments/dep-a/state.yaml');
    writeFileSync(file, 'mine: true\n');
    expectFailure(await kgit(path, ['set', '--create-key', 'a=1', '--json']), 'CONFLICT', 12);
    expect(await outbox(path)).toEqual([]);
    expect(git(path, 'status', '--porcelain')).toBe('M deployments/dep-a/state.yaml');
  });

  it('local edits in the way with a remote: published, and the checkout left behind is told', async () => {
    const remote = sharedState();
    const path = cloneOf(remote);
    writeFileSync(join(path, 'deployments/dep-a/state.yaml'), 'mine: true\n');
    const run = await kgit(path, ['set', '--create-key', 'a=1', '--json']);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toContain('was left where it is');
    expect(run.json.delivery).toBe('published');
    const sync = await kgitJson(path, ['sync']);
    expect(sync).toMatchObject({ pending: 0, behind: 1 });
    git(path, 'checkout', '--', '.');
    expect(await kgitJson(path, ['sync'])).toMatchObject({ behind: 0 });
    expect(git(path, 'rev-parse', 'HEAD')).toBe(git(remote, 'rev-parse', 'main'));
  });

  it('an empty remote is not a state repository: 10', async () => {
    expectFailure(await kgit(cloneOf(bareRepository()), PUSH), 'NO_REPO', 10);
  });
});
