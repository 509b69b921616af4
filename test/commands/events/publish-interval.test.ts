import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { until } from '../../support/patience.js';
import { expectFailure, sharedState } from '../../support/state-repository.js';

/** A shared repository that counts its pushes, with this interval set for everybody. */
function sharedWith(interval: string): { remote: string; pushes: () => number } {
  const marker = `apiVersion: kgit/v1\nkind: StateRepository\nsettings:\n  publish: {interval: ${interval}}\n`;
  const remote = sharedState({ 'kgit.yaml': marker });
  git(remote, 'config', 'core.logAllRefUpdates', 'always');
  const log = join(remote, 'logs/refs/heads/main');
  return {
    remote,
    pushes: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').length : 0),
  };
}
const events = (remote: string) => Number(git(remote, 'rev-list', '--count', 'main')) - 1;

const isRunning = (clone: string) => existsSync(join(clone, '.git/kgit/publisher.lock'));

describe('publish.interval', () => {
  it('is an hour at most, whoever asks for it: no process waits for days in the background', async () => {
    const { remote } = sharedWith('61m');
    const clone = cloneOf(remote);
    const push = ['push-event', 'touched', '--cluster', 'prod', '--json'];
    const error = expectFailure(await kgit(clone, push), 'INVALID_STATE', 14);
    expect(error.message).toMatch(/publish\.interval.*1 hour at most/);
    expect((await kgit(clone, ['publisher'])).code).toBe(14);
    expect(isRunning(clone)).toBe(false);
    const other = cloneOf(sharedState());
    const env = { KGIT_PUBLISH_INTERVAL: '24d' };
    expectFailure(await kgit(other, push, { env }), 'USAGE', 2);
    expect(isRunning(other)).toBe(false);
    const most = await kgit(other, push, { env: { KGIT_PUBLISH_INTERVAL: '1h' } });
    expect(most.json).toMatchObject({ delivery: 'queued' });
    await until(() => isRunning(other));
    const publisher = JSON.parse(readFileSync(join(other, '.git/kgit/publisher.lock'), 'utf8'));
    process.kill(publisher.pid, 'SIGKILL');
  });

  it('answers at once, and a process in the background publishes all in one push', async () => {
    const { remote, pushes } = sharedWith('4s');
    const clone = cloneOf(remote);
    const began = Date.now();
    const write = (i: number) => kgit(clone, ['push-event', 'touched', '--cluster', `prod-${i}`]);
    for (const run of await Promise.all([0, 1, 2, 3, 4].map(write))) {
      expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('queued')]);
      expect(run.stderr).toContain('published with others in 4 s at most');
    }
    const spent = Date.now() - began;
    await until(() => events(remote) === 5);
    // A machine that is slow may keep the last of them only when the first are published.
    expect(pushes()).toBeLessThanOrEqual(1 + Math.ceil(spent / 4_000));
    await until(() => !isRunning(clone));
    expect((await kgitJson(clone, ['outbox'])).operations).toEqual([]);
    expect(git(clone, 'status', '--porcelain')).toBe('');
  });

  it('makes a write wait that must be answered, and takes along what waits', async () => {
    const { remote, pushes } = sharedWith('3s');
    const clone = cloneOf(remote);
    const began = Date.now();
    await kgit(clone, ['push-event', 'touched', '--cluster', 'prod']);
    const [event, state] = await Promise.all([
      kgitJson(clone, ['push-event', 'touched', '--cluster', 'prod', '--require-publish']),
      kgitJson(clone, [
        'set',
        '--create-key',
        'a.b=1',
        '--if-absent',
        'a.b',
        '--deployment',
        'dep-a',
        '--create',
      ]),
    ]);
    expect([event.delivery, state.delivery]).toEqual(['published', 'published']);
    expect(events(remote)).toBe(3);
    expect(pushes()).toBeLessThanOrEqual(1 + Math.floor((Date.now() - began) / 3_000));
  });

  it('publishes at once what sync is asked for', async () => {
    const { remote } = sharedWith('1h');
    const clone = cloneOf(remote);
    await kgit(clone, ['push-event', 'touched', '--cluster', 'prod']);
    expect(await kgitJson(clone, ['sync'])).toMatchObject({ pending: 0 });
    expect(events(remote)).toBe(1);
    await until(() => !isRunning(clone));
  });
});
