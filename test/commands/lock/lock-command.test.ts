import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, fsck, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson, PROGRAM, startKgit } from '../../support/kgit.js';
import { until } from '../../support/patience.js';
import { expectFailure, sharedState, stateRepository } from '../../support/state-repository.js';

const REF = 'refs/kgit/locks/network';
const NODE = process.execPath;
const KGIT = `"${NODE}" "${PROGRAM}"`;
const PUSH = 'push-event touched --cluster prod';
/** Long enough for a machine that is busy to renew it in time. */
const TTL_MS = 8_000;
/** Of leases that nobody has to renew. */
const SHORT_TTL_MS = 4_000;
const lockFor = (ms: number, ...more: string[]) => ['lock', 'network', '--ttl', `${ms / 1000}s`, ...more];
const lock = (...more: string[]) => lockFor(TTL_MS, ...more);
const sh = (script: string) => ['--', 'sh', '-c', script];

function clones(): { remote: string; one: string; two: string } {
  const remote = sharedState();
  return { remote, one: cloneOf(remote), two: cloneOf(remote) };
}

// Most of a test is a wait for a lease, so they wait side by side.
describe.concurrent('kgit lock NAME -- COMMAND', () => {
  it('holds the lock while the command runs, passes streams and exit code on, and releases it', async () => {
    const { remote, one, two } = clones();
    const script = `cat; cd "${two}"; unset KGIT_LEASE; ${KGIT} lock network >&2; echo "code $?"; exit 7`;
    const run = await kgit(one, ['lock', 'network', ...sh(script)], { input: 'given\n' });
    expect(run.code).toBe(7);
    expect(run.stdout).toBe('given\ncode 11\n');
    expect(run.stderr).toMatch(/error LOCK_HELD: .*\n✗ lock network exit code 7, released\n$/s);
    expect(git(remote, 'log', '--format=%s', REF).split('\n')).toHaveLength(2);
    expect(await kgitJson(two, ['lock', 'network'])).toMatchObject({ token: 2 });
  });

  it('as JSON: one result, the output of the command on stderr; 127 and 126 as of a shell', async () => {
    const path = stateRepository();
    const run = await kgit(path, ['lock', 'network', '--json', ...sh('echo out')]);
    expect(run.json).toMatchObject({
      kind: 'LockResult',
      name: 'network',
      token: 1,
      exitCode: 0,
      released: true,
    });
    expect(run.stderr).toBe('out\n');
    expect((await kgit(path, ['lock', 'network', '--', 'no-such-program'])).code).toBe(127);
    expect((await kgit(path, ['lock', 'network', '--', join(path, 'kgit.yaml')])).code).toBe(126);
    expect((await kgitJson(path, ['locks'])).locks).toEqual([]);
  });

  it('renews while the command runs longer than the TTL', async () => {
    const { remote, one, two } = clones();
    const run = kgit(one, [...lock('--json'), ...sh('while [ ! -e done ]; do sleep 0.1; done')]);
    await until(() => git(remote, 'for-each-ref', REF) !== '');
    // The first look begins what a taker has to wait for: an unchanged lease would be free before the fourth renewal.
    expectFailure(await kgit(two, ['lock', 'network', '--json']), 'LOCK_HELD', 11);
    const renewals = () => git(remote, 'log', '--format=%s', REF).match(/renewed/g)?.length ?? 0;
    await until(() => renewals() >= 4);
    expectFailure(await kgit(two, ['lock', 'network', '--json']), 'LOCK_HELD', 11);
    writeFileSync(join(one, 'done'), '');
    expect((await run).json).toMatchObject({ exitCode: 0, released: true });
  });

  it('hands its lease to writes of the command, also side by side, and to other clones', async () => {
    const { remote, one, two } = clones();
    const writes = [1, 2, 3, 4, 5].map(
      (n) => `${KGIT} ${PUSH} --param n=${n} --lock network || echo FAILED $?`,
    );
    const elsewhere = `(cd "${two}" && ${KGIT} ${PUSH} --lock network || echo FAILED $?)`;
    const bare = `${KGIT} ${PUSH} || echo FAILED $?`;
    const nested = `${KGIT} run deploy --cluster prod --lock network -- true || echo FAILED $?`;
    // The pause is for a renewal that no write makes.
    const script = `${[...writes, elsewhere, bare].join(' & ')} & wait; ${nested}; ${elsewhere}; sleep ${TTL_MS / 2_000}; ${bare}`;
    const run = await kgit(one, [...lock(), ...sh(script)]);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).not.toContain('FAILED');
    const { events } = await kgitJson(one, ['log', 'prod', '--fetch']);
    expect(events).toHaveLength(11);
    expect(git(remote, 'log', '--format=%s', REF)).not.toMatch(/token 2|broken/);
    fsck(remote);
  });

  it('keeps its lease from other processes of the clone', async () => {
    const { one } = clones();
    const script = `unset KGIT_LEASE; ${KGIT} ${PUSH} --lock network 2>/dev/null; echo $?; ${KGIT} unlock network 2>/dev/null; echo $?`;
    const run = await kgit(one, ['lock', 'network', ...sh(script)]);
    expect(run).toMatchObject({ code: 0, stdout: '11\n11\n' });
  });

  it('ends the command when the lease is lost, by force where it does not listen, and exits with FENCED', async () => {
    const { one, two } = clones();
    const run = kgit(one, [
      ...lock('--json'),
      ...sh('trap "echo asked > asked" TERM; touch begun; while :; do sleep 0.1; done'),
    ]);
    await until(() => existsSync(join(one, 'begun')));
    await kgitJson(two, ['unlock', 'network', '--force', '--reason', 'test']);
    const began = Date.now();
    const error = expectFailure(await run, 'FENCED', 13);
    expect(Date.now() - began).toBeGreaterThan(5_000);
    expect(error.data).toMatchObject({ name: 'network', token: 1, exitCode: 137, signal: 'SIGKILL' });
    expect(readFileSync(join(one, 'asked'), 'utf8')).toBe('asked\n');
  });

  it('ends the command when the remote is away for longer than the lease lasts', async () => {
    const { one } = clones();
    const run = kgit(one, [...lockFor(SHORT_TTL_MS, '--json'), ...sh('touch begun; exec sleep 600')]);
    await until(() => existsSync(join(one, 'begun')));
    git(one, 'remote', 'set-url', 'origin', 'http://127.0.0.1:1/x.git');
    const error = expectFailure(await run, 'FENCED', 13);
    expect(error.message).toContain('could not be renewed in time');
    expect(error.data).toMatchObject({ exitCode: 143, signal: 'SIGTERM' });
  });

  it('passes signals on and releases the lock', async () => {
    const { one } = clones();
    const child = startKgit(one, ['lock', 'network', ...sh('touch begun; exec sleep 600')]);
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await until(() => existsSync(join(one, 'begun')));
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
    expect((await kgitJson(one, ['locks'])).locks).toEqual([]);
  });

  it('killed outright, leaves a lease that expires and is taken over; what the dead one wrote later is fenced', async () => {
    const { remote, one, two } = clones();
    const child = startKgit(one, [
      ...lockFor(SHORT_TTL_MS),
      ...sh('echo "$KGIT_LEASE" > lease; exec sleep 60'),
    ]);
    // Its orphan holds the streams open still.
    const ended = new Promise((resolve) => child.on('exit', resolve));
    await until(() => existsSync(join(one, 'lease')) && readFileSync(join(one, 'lease'), 'utf8') !== '');
    child.kill('SIGKILL');
    await ended;
    const began = Date.now();
    expectFailure(await kgit(two, ['lock', 'network', '--json']), 'LOCK_HELD', 11);
    const taken = await kgit(two, ['lock', 'network', '--wait', '3m', '--json', '--ttl', '10m']);
    expect(taken.json).toMatchObject({ token: 2, broke: { token: 1, audit: { delivery: 'published' } } });
    expect(Date.now() - began).toBeGreaterThan(SHORT_TTL_MS - 500);
    const KGIT_LEASE = readFileSync(join(one, 'lease'), 'utf8').trim();
    const zombie = await kgit(one, [...PUSH.split(' '), '--lock', 'network', '--json'], {
      env: { KGIT_LEASE },
    });
    expectFailure(zombie, 'FENCED', 13);
    const { events } = await kgitJson(two, ['log', 'lock/network']);
    expect(events).toMatchObject([
      { action: 'lock_broken', reason: 'the lease had expired', parameters: { token: 1 } },
    ]);
    expect(git(remote, 'log', '--format=%s', REF).split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^lock network: acquired by .* token 2$/),
      expect.stringMatching(/^lock network: broken by .* token 1$/),
    ]);
    for (const repository of [remote, one, two]) fsck(repository);
  });
});

describe('kgit run --lock', () => {
  it('begins nothing when the lease is lost, and records both ends under it otherwise', async () => {
    const { remote, one, two } = clones();
    await kgitJson(one, ['lock', 'network']);
    const run = ['run', 'deploy', '--cluster', 'prod', '--lock', 'network', '--json'];
    const good = await kgit(one, [...run, '--', 'true']);
    expect(good.json).toMatchObject({
      started: { delivery: 'published' },
      ended: { delivery: 'published' },
      exitCode: 0,
    });
    await kgitJson(two, ['unlock', 'network', '--force']);
    expectFailure(await kgit(one, [...run, '--', 'touch', 'was-run']), 'FENCED', 13);
    expect(existsSync(join(one, 'was-run'))).toBe(false);
    expect(git(remote, 'log', '--format=%s', 'main')).not.toContain('FENCED');
    expect((await kgitJson(one, ['outbox'])).operations).toEqual([]);
  });
});
