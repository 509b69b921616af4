import type { ChooseBelow, StateView, TakeBelow } from '../port/state-store.js';

/** As `StateView.listBelow`, of any view. */
export async function listBelow(
  view: StateView,
  folders: readonly string[],
  choose: ChooseBelow,
  take: TakeBelow,
): Promise<void> {
  if (view.listBelow) return view.listBelow(folders, choose, take);
  await Promise.all(folders.map((folder, place) => listOne(view, folder, place, choose, take)));
}

/** Lists one folder, and those in it that `choose` names. */
export async function listOne(
  view: StateView,
  folder: string,
  place: number,
  choose: ChooseBelow,
  take: TakeBelow,
): Promise<void> {
  const entries = await view.list(folder);
  if (entries === null) return;
  const below = choose(entries, place).map(async (name) => {
    take((await view.list(`${folder}/${name}`)) ?? [], place, name);
  });
  await Promise.all(below);
}
