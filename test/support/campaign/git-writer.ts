/**
 * A program that writes to a local git repository by one of the drivers, and prints each revision that it was told of:
 * `DRIVER PATH NAME COUNT`. Every third write moves a lock along, which all writers share.
 */
import { acquired, type LeaseRecord, released } from '../../../src/model/lease/lease.js';
import { systemClock } from '../../../src/setup/this-host.js';
import type { Backend } from '../../../src/store/port/backend.js';
import type { LockMove } from '../../../src/store/port/lease-store.js';
import { openEmbedded } from '../embedded-git.js';
import { openGitStore } from '../open-git-store.js';
import { anId } from '../store-fixtures.js';

const MS = 60_000;
const author = { name: 'Ada', email: 'ada@example.com' };
const [driver = '', path = '', name = '', count = ''] = process.argv.slice(2);
const store: Backend = driver === 'git' ? await openGitStore(path) : (await openEmbedded(path)).store;

/** Takes the lock and releases it, in one move. */
async function lockMove(): Promise<LockMove> {
  const from = await store.leases.read('shared', MS);
  const lease = {
    name: 'shared',
    lease: anId(process.pid * 1_000),
    holder: { name, host: 'here' },
    ttl: 60_000,
  };
  const taken: LeaseRecord = acquired(from?.record ?? null, lease, systemClock.now());
  return { name: 'shared', from, records: [taken, released(taken, systemClock.now())], author };
}

for (let n = 1; n <= Number(count); ) {
  const moves = n % 3 === 0 ? [await lockMove()] : [];
  const { revision } = await store.head();
  const files = new Map([
    [`${name}/${n}`, moves.map(({ from }) => `${(from?.record.token ?? 0) + 1}\n`).join('')],
  ]);
  const write = { message: `${name} ${n}`, author, time: systemClock.now(), files };
  const outcome = await store.swap(revision, [write], MS, moves);
  if (outcome.kind === 'moved' || outcome.kind === 'fenced') continue;
  if (outcome.kind !== 'swapped') throw new Error(outcome.kind);
  process.stdout.write(`${outcome.revisions.at(-1)}\n`);
  n += 1;
}
await store.close();
