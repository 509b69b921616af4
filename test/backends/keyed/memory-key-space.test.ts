import type { KeySpace } from '../../../src/backends/keyed/key-space.js';
import { MemoryKeySpace, SharedMemory } from '../../../src/backends/memory/memory-key-space.js';
import { keySpaceContract } from '../../support/key-space-contract.js';

const places = new WeakMap<KeySpace, SharedMemory>();

function client(shared: SharedMemory, limits?: { ops: number; bytes: number }): KeySpace {
  const space = new MemoryKeySpace(shared, limits);
  places.set(space, shared);
  return space;
}

const another = async (space: KeySpace) => client(places.get(space) ?? new SharedMemory(), space.limits);

keySpaceContract('MemoryKeySpace', { open: async () => client(new SharedMemory()), another });
keySpaceContract('MemoryKeySpace with the limits of Consul', {
  open: async () => client(new SharedMemory(), { ops: 64, bytes: 100_000 }),
  another,
});
