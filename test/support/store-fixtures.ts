import { join } from 'node:path';
import { formatTimestamp } from '../../src/model/event/event.js';
import type { Operation, Precondition } from '../../src/model/operation/operation.js';
import { parseStatePath } from '../../src/model/state/state-path.js';
import { cluster, deployment } from '../../src/model/subject/subject.js';
import { makeUlid } from '../../src/model/value/ulid.js';
import type { Value } from '../../src/model/value/value.js';
import { HeldLeases } from '../../src/store/lease/held-leases.js';
import { Leases } from '../../src/store/lease/leases.js';
import { ProcessLock } from '../../src/store/local/process-lock.js';
import { Turns } from '../../src/store/local/turns.js';
import { Outbox } from '../../src/store/outbox/outbox.js';
import type { Backend } from '../../src/store/port/backend.js';
import type { Clock, Host } from '../../src/store/port/host.js';
import type { SwapOutcome } from '../../src/store/port/state-store.js';
import { Publisher } from '../../src/store/publish/publisher.js';
import { PushLog } from '../../src/store/publish/push-log.js';
import { Rewrites } from '../../src/store/publish/rewrites.js';
import { StateRepository } from '../../src/store/state-repository.js';
import { temporaryFolder } from './git-fixtures.js';
import { MemoryStore } from './memory-store.js';

export const T0 = Date.UTC(2025, 6, 11, 14, 30);
let made = 0n;

/** A new id at T0 plus so many ms. */
export function anId(offset = 0): string {
  made += 1n;
  return makeUlid(T0 + offset, made);
}

export const actor = { name: 'Ada', email: 'ada@example.com' };

/** An operation with one event of a cluster. */
export function eventOperation(action = 'cluster_created', name = 'prod', id = anId()): Operation {
  const event = { id, timestamp: formatTimestamp(T0), action, user: 'ada' };
  const subject = cluster('default', 'kcm-system', name);
  return { id: anId(), time: T0, actor, title: `${action}: ${name}`, events: [{ subject, event }] };
}

/** An operation that sets one path of deployment `d`. */
export function setOperation(
  path: string,
  value: Value,
  preconditions: readonly Precondition[] = [],
): Operation {
  const event = { id: anId(), timestamp: formatTimestamp(T0), action: 'state_changed' };
  const edits = [{ op: 'set' as const, path: parseStatePath(path), value }];
  const change = { deployment: 'd', event: event.id, edits, preconditions };
  return { id: anId(), time: T0, actor, title: 'set', events: [{ subject: deployment('d'), event }], change };
}

export const thisProcess: Host = {
  hostname: 'here',
  bootId: 'boot-1',
  pid: process.pid,
  processStart: (pid) => (pid === process.pid ? 'start-1' : null),
  isAlive: (pid) => pid === process.pid,
};

/** A clock that never waits: sleeping moves it on. */
export function fakeClock(start = T0): Clock & { slept: number[] } {
  let now = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
      // What waits for the system has its turn, as it has in a real pause.
      await new Promise((wake) => setImmediate(wake));
    },
    random: () => 0.5,
  };
}

/** A store that is remote and answers swaps as told before it does its work. */
export class FaultyStore extends MemoryStore {
  override readonly isRemote: boolean = true;
  swaps = 0;
  refreshes = 0;
  /** Called before each swap: an outcome instead of it, or null to let it through. */
  onSwap: (store: FaultyStore) => Promise<SwapOutcome | null> | SwapOutcome | null = () => null;
  onRefresh: () => void = () => undefined;

  override async swap(...args: Parameters<MemoryStore['swap']>): Promise<SwapOutcome> {
    this.swaps += 1;
    return (await this.onSwap(this)) ?? super.swap(...args);
  }

  override async refresh(): ReturnType<MemoryStore['refresh']> {
    this.refreshes += 1;
    this.onRefresh();
    return this.head();
  }

  /** What another writer does in between. */
  async sneak(files: Record<string, string>): Promise<void> {
    const { revision } = await this.head();
    const commit = { message: 'sneak', author: actor, time: T0, files: new Map(Object.entries(files)) };
    await super.swap(revision, [commit], 0);
  }
}

/**
 * A repository over any store, with an outbox in a new folder or in the one given.
 * @param places folder of the turns, which clones of a user share
 */
export function repositoryOf<S extends Backend>(
  store: S,
  clock: Clock = fakeClock(),
  folder = temporaryFolder(),
  places = join(folder, 'turns'),
) {
  const outbox = new Outbox(folder);
  const publishLock = new ProcessLock(join(folder, 'publish.lock'), thisProcess);
  const pushes = new PushLog(join(folder, 'pushes'));
  const held = new HeldLeases(folder);
  const leases = new Leases({ store, held, publishLock, clock });
  const turns = new Turns(
    () => places,
    thisProcess,
    clock,
    () => true,
  );
  const publisher = new Publisher({ store, outbox, publishLock, pushes, clock, leases, turns });
  return {
    repository: new StateRepository(store, outbox, publisher, clock, new Rewrites(folder, store, outbox)),
    outbox,
    leases,
    publishLock,
    publisher,
    pushes,
    folder,
    clock,
  };
}
