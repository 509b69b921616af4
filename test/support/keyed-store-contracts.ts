import type { KeySpace } from '../../src/backends/keyed/key-space.js';
import { KeyedStore } from '../../src/backends/keyed/keyed-store.js';
import { systemClock } from '../../src/setup/this-host.js';
import type { Backend } from '../../src/store/port/backend.js';
import type { Review } from '../../src/store/port/review.js';
import type { StateStore } from '../../src/store/port/state-store.js';
import { changesContract } from './changes-contract.js';
import { historyContract } from './history-contract.js';
import { leaseContract } from './lease-contract.js';
import { reviewContract } from './review-contract.js';
import { storeContract } from './store-contract.js';

type Reviewed = Backend & { readonly review: Review };

const keyedStore = (space: KeySpace): Reviewed =>
  new KeyedStore(space, { clock: systemClock, timeoutMs: 20_000, isRemote: true });

/**
 * The contracts of drivers, for a store over keys on a server.
 * @param spaceOf opens the key space of a store by its name
 */
export function keyedStoreContracts(
  name: string,
  spaceOf: (store: string) => KeySpace,
  storeOver: (space: KeySpace) => Reviewed = keyedStore,
): void {
  const names = new WeakMap<StateStore, string>();
  let stores = 0;
  const client = (store: string): Reviewed => {
    const opened = storeOver(spaceOf(store));
    names.set(opened, store);
    return opened;
  };
  const open = async () => {
    stores += 1;
    return client(`s${stores}`);
  };
  const another = async (store: StateStore) => client(names.get(store) ?? '');
  storeContract(name, { open, another });
  changesContract(name, { open, another });
  historyContract(name, { open });
  leaseContract(name, { open, another });
  reviewContract(name, {
    open: async () => {
      const store = await open();
      return { store, review: store.review };
    },
  });
}
