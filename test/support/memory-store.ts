import { KeyedStore } from '../../src/backends/keyed/keyed-store.js';
import { MemoryKeySpace } from '../../src/backends/memory/memory-key-space.js';
import { systemClock } from '../../src/setup/this-host.js';
import type { Clock } from '../../src/store/port/host.js';

/** A store in the memory of this process. */
export class MemoryStore extends KeyedStore {
  /** @param clock dates the revisions */
  constructor(clock: Pick<Clock, 'now'> = systemClock) {
    super(new MemoryKeySpace(), { clock, timeoutMs: 1_000, isRemote: false });
  }
}
