import type { Clock } from '../../store/port/host.js';
import type { KeySpace, SeenHead } from './key-space.js';
import { HEAD } from './layout.js';

/** How often a store on this machine is looked at, in ms. */
const LOOK_MS = 50;
const READ_MS = 5_000;

/** Resolves once the key `head` has another version, or when `signal` aborts: for stores that are cheap to look at. */
export async function untilChanged(
  space: Pick<KeySpace, 'get'>,
  { version }: SeenHead,
  signal: AbortSignal,
  { sleep }: Pick<Clock, 'sleep'>,
): Promise<void> {
  while (!signal.aborted) {
    const [head = null] = await space.get([HEAD], READ_MS);
    if ((head?.version ?? null) !== version) return;
    await sleep(LOOK_MS);
  }
}
