import type { OpenRepository } from '../../setup/composition.js';
import { addressOf } from './open-target.js';

/**
 * Moves what waits in the outbox of one store to that of another, and publishes it there: events that are there already
 * are not repeated. What the server lost, and nobody released yet, stays.
 * @param deadline of publishing, in ms since the epoch
 * @param note tells the user why something still waits
 * @returns how many operations were moved
 */
export async function handOver(
  from: OpenRepository,
  to: OpenRepository,
  deadline: number,
  note: (message: string) => void,
): Promise<number> {
  const [old, own] = [from.repository, to.repository];
  const there = new Set((await own.outbox.list()).map(({ id }) => id));
  let moved = 0;
  for (const { id, operation, target, isHeld } of await old.outbox.list()) {
    if (operation === null || target !== old.store.target || isHeld === true) continue;
    if (!there.has(id)) await own.outbox.add(operation, own.store.target);
    await old.outbox.remove(id);
    moved += 1;
  }
  if (moved === 0) return 0;
  const { error, rejected } = await own.sync(deadline);
  for (const { id, error: why } of rejected)
    note(`operation ${id} cannot be applied any more, and was dropped: ${why.message}`);
  if (error !== null)
    note(`not all of it is published yet: ${error.message}; run 'kgit sync --repo ${addressOf(to)}'`);
  return moved;
}
