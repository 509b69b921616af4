import { type Check, finding, passed } from '../../model/value/check.js';
import type { StoreCheck } from '../../store/port/driver.js';
import type { KeySpace } from '../keyed/key-space.js';
import type { KeyedStore } from '../keyed/keyed-store.js';
import { HEAD } from '../keyed/layout.js';

/** A key that no store has. */
const NO_KEY = 'doctor';

/** What a server refuses when it is asked for a write that cannot happen: that of a key which is not there. */
async function checkRights(space: KeySpace, timeoutMs: number): Promise<readonly Check[]> {
  await space.get([HEAD], timeoutMs);
  const write = { expect: new Map([[NO_KEY, '1']]), puts: [{ key: NO_KEY, value: '' }] };
  const written = await space.write(write, timeoutMs);
  if (written.kind === 'denied') throw written.error;
  return written.kind === 'stale' ? [passed('rights', 'this user may read and write the store')] : [];
}

async function checkParts(store: KeyedStore, now: number, timeoutMs: number): Promise<readonly Check[]> {
  const left = await store.leftParts(now, timeoutMs);
  return [
    left === 0
      ? passed('parts', 'none left by an interrupted write')
      : finding('parts', `${left} left by interrupted writes`, 'The next write removes them'),
  ];
}

/** The checks of every store over keys. They change nothing. */
export function keyedChecks(
  space: KeySpace,
  store: KeyedStore,
  now: number,
  timeoutMs: number,
): readonly StoreCheck[] {
  return [
    ...(store.isRemote ? [{ name: 'rights', look: () => checkRights(space, timeoutMs) }] : []),
    { name: 'parts', look: () => checkParts(store, now, timeoutMs) },
  ];
}
