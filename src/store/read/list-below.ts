import type { Below, StateView } from '../port/state-store.js';

/** As `StateView.listBelow`, of any view. */
export async function listBelow(view: StateView, folders: readonly string[], below: Below): Promise<void> {
  if (view.listBelow) return view.listBelow(folders, below);
  await Promise.all(folders.map((folder, place) => listOne(view, folder, place, below)));
}

/** Lists one folder, and those in it that are chosen. */
export async function listOne(
  view: StateView,
  folder: string,
  place: number,
  below: Pick<Below, 'choose' | 'take'>,
): Promise<void> {
  const entries = await view.list(folder);
  if (entries === null) return;
  const chosen = below.choose(entries, place).map(async (name) => {
    below.take((await view.list(`${folder}/${name}`)) ?? [], place, name);
  });
  await Promise.all(chosen);
}
