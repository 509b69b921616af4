import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leaseActor } from '../../../src/app/lock/lease-actor.js';
import { listLocks } from '../../../src/app/lock/list-locks.js';
import { releaseLock } from '../../../src/app/lock/release-lock.js';
import { runAndRelease } from '../../../src/app/lock/run-under-lease.js';
import { type LockIntent, takeLock } from '../../../src/app/lock/take-lock.js';
import { asKgitError } from '../../../src/cli/base/failure.js';
import { RemoteError } from '../../../src/errors.js';
import { claimOf } from '../../../src/model/lease/lease.js';
import { lockSubject } from '../../../src/model/subject/subject.js';
import { systemClock } from '../../../src/setup/this-host.js';
import { readEvents } from '../../../src/store/read/records.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { memoryContext } from '../../support/memory-context.js';
import { FaultyStore } from '../../support/store-fixtures.js';

const TALK_MS = 1000;

function locks(store = new FaultyStore()) {
  const memory = memoryContext({}, store, systemClock);
  const { leases } = memory.context.opened;
  const by = leaseActor(memory.writer, { reason: 'peering', message: 'by hand', mustTell: true });
  const take = (isShared: boolean) =>
    leases.acquire(
      {
        ...by,
        name: 'net',
        lease: memory.ids.next(),
        ttl: 60_000,
        wait: 0,
        isShared,
        onWait: () => undefined,
      },
      TALK_MS,
    );
  const { actor: author } = memory.writer();
  const lease = { handed: [], leases, clock: systemClock, author, talkMs: TALK_MS };
  return { ...memory, leases, by, take, author, lease };
}

it('are released by the clone that took them, and by no other', async () => {
  const { leases, take, author, store } = locks();
  await take(true);
  const other = locks(store);
  await expect(releaseLock(other.leases, 'net', author, TALK_MS)).rejects.toMatchObject({
    code: 'LOCK_HELD',
  });
  expect(await releaseLock(leases, 'net', author, TALK_MS)).toMatchObject({ name: 'net' });
  await expect(releaseLock(leases, 'net', author, TALK_MS)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('of a running command are released by nobody else, not even in its clone', async () => {
  const { leases, take, author } = locks();
  await take(false);
  await expect(releaseLock(leases, 'net', author, TALK_MS)).rejects.toMatchObject({ code: 'LOCK_HELD' });
});

it('that are ended leave an event with who did it, why, and whose lease it was', async () => {
  const { leases, take, by, ids, read } = locks();
  await take(true);
  await leases.break('net', ids.next(), by, TALK_MS);
  const [event] = await readEvents((await read()).reading.view, lockSubject('net'));
  expect(event?.read()).toMatchObject({
    action: 'lock_broken',
    user: 'Ada',
    reason: 'peering',
    message: 'by hand',
    parameters: { holder: 'Ada', holder_host: 'here' },
  });
});

it('are listed as last seen if the remote is not asked, or does not answer', async () => {
  const { leases, take, store } = locks();
  await take(true);
  expect((await listLocks(leases, true, TALK_MS)).standings).toMatchObject([{ record: { name: 'net' } }]);
  const list = store.leases.list.bind(store.leases);
  Object.assign(store.leases, {
    list: async (talkMs: number | null) => {
      if (talkMs !== null) throw new RemoteError('away');
      return list(talkMs);
    },
  });
  await expect(listLocks(leases, true, TALK_MS)).rejects.toThrow('away');
  expect(await listLocks(leases, undefined, TALK_MS)).toMatchObject({ staleness: { message: 'away' } });
});

it('run a command, which finds the lease in KGIT_LEASE, and are released after it', async () => {
  const { leases, take, lease } = locks();
  const { record } = await take(false);
  const out = join(temporaryFolder(), 'out');
  const command = ['sh', '-c', `echo "$KGIT_LEASE" > '${out}'; exit 3`];
  const options = { environment: { ...process.env }, stdout: 'stderr' as const };
  expect(await runAndRelease(command, options, record, lease, asKgitError)).toMatchObject({
    end: { exitCode: 3 },
    failure: null,
  });
  expect(readFileSync(out, 'utf8')).toContain(claimOf(record).lease);
  expect((await listLocks(leases, true, TALK_MS)).standings).toEqual([]);
});

it('begin no command whose lease was lost, and tell a lock that could not be released', async () => {
  const { leases, take, lease, by, ids } = locks();
  const { record } = await take(false);
  const mark = join(temporaryFolder(), 'mark');
  const options = { environment: { ...process.env }, stdout: 'stderr' as const };
  leases.release = async () => {
    throw new RemoteError('away');
  };
  const run = (command: readonly string[]) => runAndRelease(command, options, record, lease, asKgitError);
  expect(await run(['true'])).toMatchObject({ end: { exitCode: 0 }, failure: { code: 'REMOTE' } });
  await leases.break('net', ids.next(), by, TALK_MS);
  await expect(run(['touch', mark])).rejects.toMatchObject({ code: 'FENCED' });
  expect(() => readFileSync(mark)).toThrow('ENOENT');
});

/** Takes locks by the use case; `told` is what the user was told meanwhile. */
function taking(store = new FaultyStore()) {
  const memory = locks(store);
  const told: string[] = [];
  const { context, writer } = memory;
  const settings = { ...context.settings, timeout: TALK_MS };
  const take = (more: Partial<LockIntent> = {}) =>
    takeLock(
      { ...context, settings },
      {
        ...{ name: 'net', ttl: 60_000, wait: 0, command: null, stdout: 'stderr', mustTell: false },
        ...more,
      },
      {
        writer,
        clock: systemClock,
        environment: { ...process.env },
        handed: [],
        asError: asKgitError,
        onWait: ({ holder }) => told.push(`waits for ${holder.name}`),
        onEnded: ({ previous }) => told.push(`ended that of ${previous.name}`),
      },
    );
  return { ...memory, take, told };
}

it('are kept for the commands of this clone without a command, and released after one', async () => {
  const { take, leases } = taking();
  const { acquired, run } = await take();
  expect([acquired.record.ttl, acquired.broke, run]).toEqual([60_000, null, null]);
  await expect(take({ command: ['true'] })).rejects.toMatchObject({ code: 'LOCK_HELD' });
  const other = await take({ name: 'other', command: ['sh', '-c', 'exit 3'] });
  expect(other.run).toMatchObject({ end: { exitCode: 3 }, failure: null });
  const { standings } = await listLocks(leases, true, TALK_MS);
  expect(standings.map(({ record }) => record.name)).toEqual(['net']);
});

it('are waited for as long as the user says, who is told once whose they are', async () => {
  const store = new FaultyStore();
  await taking(store).take();
  const { take, told } = taking(store);
  await expect(take({ wait: 300 })).rejects.toMatchObject({ code: 'LOCK_HELD' });
  expect(told).toEqual(['waits for Ada']);
});
