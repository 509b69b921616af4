/** What suites of faults share: a read and a write of one key, and how both fail. */
import { expect } from 'vitest';
import { keyedChecks } from '../../src/backends/doctor/keyed-checks.js';
import type { KeySpace, Written } from '../../src/backends/keyed/key-space.js';
import { KeyedStore } from '../../src/backends/keyed/keyed-store.js';
import { RemoteError } from '../../src/errors.js';
import { systemClock } from '../../src/setup/this-host.js';

/** Time limit of a call that ends before it, in ms. */
export const MS = 20_000;

/** Writes one key, whatever it held. */
export function put(space: KeySpace, key = 'head', value: string | null = '1', ms = MS): Promise<Written> {
  return space.write({ expect: new Map(), puts: [{ key, value }] }, ms);
}

/** What a read of one key fails with. */
export async function readError(space: KeySpace, ms = MS): Promise<RemoteError> {
  const error = await space.get(['head'], ms).then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(RemoteError);
  return error as RemoteError;
}

/** Expects read and write to fail alike, with advice, and without the secret. */
export async function expectBothFail(
  space: KeySpace,
  [kind, cause]: readonly ['unreachable' | 'denied', string],
  secret: string,
): Promise<void> {
  const written = await put(space);
  const error = await readError(space);
  expect(written).toMatchObject({ kind, error: { data: { remote: kind, cause } } });
  expect(error.data).toMatchObject({ remote: kind, cause });
  expect(error.suggestions).toHaveLength(1);
  const told = JSON.stringify([written, error, error.message, error.stack, error.cause, space.target]);
  expect(told).not.toContain(secret);
}

/** What `kgit doctor` says about the rights in a store: 'may', or why not. */
export async function rightsOf(space: KeySpace): Promise<string> {
  const store = new KeyedStore(space, { clock: systemClock, timeoutMs: MS, isRemote: true });
  const [rights] = keyedChecks(space, store, 0, MS);
  const found = await rights?.look().catch((error: Error) => error.message);
  return typeof found === 'string' ? found : found?.[0]?.ok === true ? 'may' : 'may not';
}
