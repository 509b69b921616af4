import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callKgit } from '../support/campaign/call-kgit.js';
import { DEPLOYMENT, expectKept, type Fleet, syncAll } from '../support/campaign/fleet.js';
import type { Call } from '../support/campaign/history.js';
import { runLockStorm } from '../support/campaign/lock-storm.js';
import { Random } from '../support/campaign/random.js';
import { count, seed } from '../support/campaign/size.js';
import { runStress } from '../support/campaign/stress.js';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { type GiteaServer, startGitea } from '../support/gitea-server/gitea-server.js';
import { emptyGitea, giteaEnv } from '../support/gitea-server/gitea-state.js';
import { kgit } from '../support/kgit.js';
import { until } from '../support/patience.js';

// A push takes a Gitea ten times as long as it takes plain git: smaller than the other campaigns.
const WORKERS = count('CAMPAIGN_WORKERS', 4, 8);
const CLONES = count('CAMPAIGN_CLONES', 2, 4);
const CALLS = count('CAMPAIGN_CALLS', 6, 20);
const ACQUISITIONS = count('CAMPAIGN_ACQUISITIONS', 12, 60);
const NOTE = `CAMPAIGN_SEED=${seed}`;

let server: GiteaServer;
let token: string;
beforeAll(async () => {
  server = await startGitea();
  await server.addUser('ada');
  token = await server.token('ada', 'write:repository');
});
afterAll(() => server.stop());

/** Clones of a new repository at the Gitea, which write with a token; `remote` is the repository on its disk. */
async function fleetAt(clones: number): Promise<Fleet> {
  const path = await emptyGitea(server, 'ada');
  const env = giteaEnv(server, token);
  const run: Fleet['run'] = (clone, args, options) =>
    kgit(clone, args, { ...options, env: { ...env, ...options?.env } });
  const folder = temporaryFolder('kgit-fleet-');
  const [url, remote] = [server.url(path), server.folder(path)];
  const first = await run('.', ['init', join(folder, 'first'), '--remote', url, '--deployment', DEPLOYMENT]);
  expect(first.code, first.stderr).toBe(0);
  const places = Array.from({ length: clones }, (_, i) => join(folder, `clone-${i}`));
  for (const place of places) {
    git('.', 'clone', '--quiet', remote, place);
    git(place, 'remote', 'set-url', 'origin', url);
  }
  return { remote, clones: places, run };
}

/** How calls ended, each as often as it did, and how many pushes lost a race. */
function tell(what: string, calls: readonly Call[], began: number): void {
  const ends = new Map<string, number>();
  for (const { step, answer, code } of calls) {
    const end = `${step.kind} ${answer?.error?.code ?? answer?.delivery ?? (code === 0 ? 'ok' : `exit ${code}`)}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  const tries = calls.map(({ answer }) => Number((answer as { attempts?: number } | null)?.attempts ?? 0));
  const lost = tries.reduce((sum, one) => sum + Math.max(one - 1, 0), 0);
  const list = [...ends].map(([end, n]) => `${n} ${end}`).sort();
  const seconds = Math.round((Date.now() - began) / 1000);
  process.stdout.write(
    `${what}: ${calls.length} calls in ${seconds} s, ${lost} lost races; ${list.join(', ')} (${NOTE})\n`,
  );
}

describe('a Gitea', () => {
  it(`${WORKERS} processes on ${CLONES} clones, ${CALLS} calls each: every promise is kept (${NOTE})`, async () => {
    const fleet = await fleetAt(CLONES);
    const began = Date.now();
    const options = { seed, workers: WORKERS, calls: CALLS, paths: 3, locks: ['one', 'two'], timeout: '5m' };
    const calls = await runStress(fleet, options);
    tell('races', calls, began);
    const codes = [...new Set(calls.map(({ answer }) => answer?.error?.code ?? 'ok'))];
    const expected = ['ok', 'CONFLICT', 'LOCK_HELD', 'FENCED', 'NOT_FOUND'];
    // A lost race that is told as a refusal would be another one.
    expect(codes.filter((code) => !expected.includes(code))).toEqual([]);
    await expectKept(fleet, calls, NOTE);
  }, 7_200_000);

  it(`${CLONES} clones, ${ACQUISITIONS} acquisitions: one holder at every instant (${NOTE})`, async () => {
    const fleet = await fleetAt(CLONES);
    const began = Date.now();
    const options = { seed, acquisitions: ACQUISITIONS, locks: ['one', 'two'], timeout: '2m' };
    const calls = await runLockStorm(fleet, options);
    tell('leases', calls, began);
    await expectKept(fleet, calls, NOTE);
    expect(git(fleet.remote, 'for-each-ref', '--format=%(refname)', 'refs/heads')).toBe('refs/heads/main');
  }, 7_200_000);

  it(`is killed again and again while ${CLONES} clones write and lock: what was answered holds (${NOTE})`, async () => {
    const fleet = await fleetAt(CLONES);
    const random = new Random(seed);
    const began = Date.now();
    const options = {
      seed,
      workers: CLONES,
      calls: Math.ceil(CALLS / 2),
      paths: 3,
      locks: ['one'],
      timeout: '15s',
    };
    let [isOver, kills] = [false, 0];
    const work = runStress(fleet, options).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await Promise.race([work, sleep(2_000 + random.below(4_000))]);
      await server.kill();
      kills += 1;
      await sleep(random.below(2_000));
      await server.start();
    }
    const calls = await work;
    tell(`${kills} kills`, calls, began);
    await expectKept(fleet, calls, NOTE);
    expect(kills).toBeGreaterThan(1);
  }, 7_200_000);
});

/** Has git at the server wait in a hook, from when `met` is there until `go` is. */
function waitIn(remote: string, hook: 'pre-receive' | 'post-receive'): { met: string; go: string } {
  const folder = temporaryFolder('kgit-wait-');
  const [met, go] = [join(folder, 'met'), join(folder, 'go')];
  // Gitea runs all that lies in the folder of a hook, its own among them, by name.
  const file = join(remote, 'hooks', `${hook}.d`, 'a-wait');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\ntouch ${met}\nwhile [ ! -e ${go} ]; do sleep 0.05; done\ncat >/dev/null\n`);
  chmodSync(file, 0o755);
  return { met, go };
}

describe('a Gitea that is killed in the middle of a push', () => {
  it.each([
    ['before the branch moves, and its git ends before it is back', 'pre-receive', false],
    ['before the branch moves, and its git goes on once it is back', 'pre-receive', true],
    ['after the branch moved', 'post-receive', false],
  ] as const)(
    '%s: nothing is lost, nothing is there twice',
    async (_when, hook, isBackFirst) => {
      const fleet = await fleetAt(2);
      const { met, go } = waitIn(fleet.remote, hook);
      const writing = callKgit(fleet, 0, 'cut', { kind: 'event' }, { more: ['--timeout', '20s'] });
      await until(() => existsSync(met));
      await server.kill();
      if (!isBackFirst) writeFileSync(go, '');
      const call = await writing;
      await server.start();
      writeFileSync(go, '');
      expect(call).toMatchObject({ code: 0, answer: { delivery: 'queued' } });
      rmSync(join(fleet.remote, 'hooks', `${hook}.d`, 'a-wait'));
      const other = await callKgit(fleet, 1, 'other', { kind: 'event' });
      expect(other).toMatchObject({ code: 0, answer: { delivery: 'published' } });
      expect(await syncAll(fleet)).toEqual([]);
      await expectKept(fleet, [call, other], NOTE);
    },
    300_000,
  );
});
