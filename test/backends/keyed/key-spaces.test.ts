import type { KeySpace } from '../../../src/backends/keyed/key-space.js';
import { appendContract } from '../../support/append-contract.js';
import { keySpaceContract } from '../../support/key-space-contract.js';
import { type KindOfSpace, LOCAL_SPACES, type Place, TINY_SPACE } from '../../support/key-spaces.js';
import { keyedStoreContracts } from '../../support/keyed-store-contracts.js';

function spaceContract({ name, place }: KindOfSpace): void {
  const places = new WeakMap<KeySpace, Place>();
  const client = (at: Place) => {
    const space = at();
    places.set(space, at);
    return space;
  };
  keySpaceContract(name, {
    open: async () => client(place()),
    another: async (space) => client(places.get(space) as Place),
  });
}

/** Opens the key space of a store by its name. */
function placesOf({ place }: KindOfSpace): (store: string) => KeySpace {
  const places = new Map<string, Place>();
  return (store) => {
    const at = places.get(store) ?? place();
    places.set(store, at);
    return at();
  };
}

for (const kind of LOCAL_SPACES) spaceContract(kind);
for (const kind of [...LOCAL_SPACES, TINY_SPACE])
  keyedStoreContracts(`KeyedStore over ${kind.name}`, placesOf(kind));
for (const kind of LOCAL_SPACES) appendContract(`KeyedStore over ${kind.name}`, placesOf(kind));
