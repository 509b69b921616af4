import { RefusedError } from '../errors.js';
import type { Backend } from './port/backend.js';

/** Throws RefusedError, with the address to write to, if a store is the mirror of another one. */
export async function refuseMirror(store: Pick<Backend, 'mirrored'>): Promise<void> {
  const mirrored = await store.mirrored?.();
  if (!mirrored) return;
  const { store: address } = mirrored;
  throw new RefusedError(
    `this repository is a mirror of ${address}: it can be read, and only kgit mirror writes to it`,
    {
      suggestions: [`Write to the store itself: --repo '${address}', or name it in your settings`],
      data: { cause: 'mirror', store: address },
    },
  );
}
