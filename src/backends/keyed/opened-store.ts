import { resolve } from 'node:path';
import { UsageError } from '../../errors.js';
import type { DriverContext, OpenedStore } from '../../store/port/driver.js';
import type { Clock, Host } from '../../store/port/host.js';
import type { KeySpace } from './key-space.js';
import { KeyedStore } from './keyed-store.js';

/** What a driver on this machine needs besides its context. */
export interface Machine {
  readonly clock: Clock;
  readonly host: Host;
}

/**
 * Returns the absolute path in `sqlite:PATH` and the like, or in a path without a scheme. Throws UsageError.
 * @param scheme with its colon
 */
export function pathOfPlace({ place, cwd }: Pick<DriverContext, 'place' | 'cwd'>, scheme: string): string {
  const path = place?.startsWith(scheme) ? place.slice(scheme.length) : place;
  if (path) return resolve(cwd, path);
  throw new UsageError(`backend: ${scheme.slice(0, -1)} needs the path of the store`, {
    suggestions: [`Name it: --repo ${scheme}PATH`],
  });
}

/** Opens a store on this machine over a key space. */
export function openedLocally(
  space: KeySpace,
  path: string,
  { timeout }: DriverContext,
  { clock }: Machine,
): OpenedStore {
  const store = new KeyedStore(space, { clock, timeoutMs: timeout, isRemote: false });
  return { store, path, name: 'default', where: space.target, identity: {}, review: store.review };
}
