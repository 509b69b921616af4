import type { Acquisition, LeaseActor } from '../../src/store/lease/acquisition.js';
import type { Backend } from '../../src/store/port/backend.js';
import type { Clock } from '../../src/store/port/host.js';
import { anId, eventOperation, fakeClock, repositoryOf } from './store-fixtures.js';

/** Length of the leases that these clones take, in ms. */
export const TTL = 60_000;
/** How long one talk may take, in ms. */
export const MS = 1_000;
export const author = { name: 'Ada', email: 'ada@example.com' };

/** A clone of a shared place with a clock of its own. */
export function clone(store: Backend, host: string, clock: Clock = fakeClock()) {
  const opened = repositoryOf(store, clock);
  const told: string[] = [];
  const by: LeaseActor = {
    ...{ holder: { name: 'ada', host }, author },
    tell: () => eventOperation('lock_broken'),
    mustTell: false,
  };
  const wanted = (more: Partial<Acquisition> = {}): Acquisition => ({
    ...{ name: 'network', lease: anId(), ttl: TTL, wait: 0, isShared: true },
    ...by,
    onWait: ({ holder }) => told.push(holder.host),
    ...more,
  });
  const { leases } = opened;
  return { ...opened, told, by, take: (more: Partial<Acquisition> = {}) => leases.acquire(wanted(more), MS) };
}
