import type { Value } from '../../model/value/value.js';
import type { Sops } from '../../secrets/sops.js';
import type { StateView } from '../../store/port/state-store.js';
import { secretText } from '../../store/read/secret-files.js';

/** Decrypts secrets side by side, as many at a time as sops may run. Throws as `Sops.decrypt`, and NotFoundError. */
export async function revealed(
  view: StateView,
  files: ReadonlyMap<string, string>,
  sops: Sops,
): Promise<ReadonlyMap<string, Value>> {
  const values = await Promise.all(
    [...files].map(
      async ([path, file]) => [path, await sops.decrypt(await secretText(view, file), path, file)] as const,
    ),
  );
  return new Map(values);
}
