import type { Entry, StateView } from '../port/state-store.js';

/**
 * Lists many folders and hands each listing to `take` with the folder's place; null if there is no such folder. Throws
 * InvalidStateError, and what `take` throws.
 */
export async function listEach(
  view: StateView,
  folders: readonly string[],
  take: (entries: readonly Entry[] | null, place: number) => void,
): Promise<void> {
  if (view.listEach) return view.listEach(folders, take);
  await Promise.all(folders.map(async (folder, place) => take(await view.list(folder), place)));
}
