import { afterEach, expect, it } from 'vitest';
import { expectKept, type Fleet, makeFleet, syncAll } from '../support/campaign/fleet.js';
import { Random } from '../support/campaign/random.js';
import { count, seed } from '../support/campaign/size.js';
import { inStorm } from '../support/campaign/storm.js';
import { runStress } from '../support/campaign/stress.js';
import { kgit } from '../support/kgit.js';
import { type GitHttpsServer, startGitHttpsServer } from '../support/transport/git-https-server.js';

const WORKERS = count('CAMPAIGN_WORKERS', 4, 8);
const CLONES = count('CAMPAIGN_CLONES', 2, 4);
const CALLS = count('CAMPAIGN_CALLS', 4, 60);
const LONGEST_MS = 3_000;
const NOTE = `CAMPAIGN_SEED=${seed}`;

let server: GitHttpsServer | null = null;
afterEach(async () => server?.stop());

it(`${WORKERS} processes on ${CLONES} clones, ${CALLS} calls each, while faults strike: what is answered holds (${NOTE})`, async () => {
  const plain = await makeFleet(CLONES, async (remote) => {
    server = await startGitHttpsServer(remote);
    return server.url;
  });
  const https = server as unknown as GitHttpsServer;
  const env = { GIT_SSL_CAINFO: https.authority, KGIT_TOKEN: 'right-token' };
  const run: Fleet['run'] = (clone, args, options) =>
    kgit(clone, args, { ...options, env: { ...env, ...options?.env } });
  const fleet = { ...plain, run };
  expect(await syncAll(fleet)).toEqual([]);
  const options = { seed, workers: WORKERS, calls: CALLS, paths: 3, locks: ['one', 'two'], timeout: '6s' };
  const work = runStress(fleet, options);
  const { result: calls, struck } = await inStorm(fleet, https, new Random(seed), LONGEST_MS, work);
  const ends = new Map<string, number>();
  for (const { answer, code } of calls) {
    const end = answer?.error?.code ?? answer?.delivery ?? `exit ${code}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  console.info(`${struck.length} faults; ${[...ends].map(([end, n]) => `${n} ${end}`).join(', ')} (${NOTE})`);
  await expectKept(fleet, calls, `${NOTE}, struck: ${struck.join('; ')}`);
}, 3_600_000);
