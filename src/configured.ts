import { type OpenRepository, prepareMerges } from './composition.js';
import { markerLayer, mergeLayers } from './config.js';
import type { Identities } from './model/management-identity.js';
import type { Settings } from './settings.js';
import { managementsOf, readMarker } from './store/records.js';
import type { StateView } from './store/state-store.js';

/** A repository that is open, with its settings and the management clusters that it names. */
export interface Configured {
  readonly opened: OpenRepository;
  readonly settings: Settings;
  /** The management clusters that kgit.yaml lists, each with all that it is known by. */
  readonly managements: ReadonlyMap<string, Identities>;
}

/**
 * Sets an open repository up as its kgit.yaml says.
 * @param layers the settings of everywhere else
 * @param view where kgit.yaml is read
 */
export async function configured(
  opened: OpenRepository,
  layers: Parameters<typeof mergeLayers>[0],
  view: StateView,
): Promise<Configured> {
  const marker = await readMarker(view, `${opened.path} (branch ${opened.branch})`);
  const settings = mergeLayers([...layers, markerLayer(marker)]);
  opened.repository.configure({ combines: settings.publishCombine, keepMs: settings.publishKeep });
  await prepareMerges(opened);
  return { opened, settings, managements: managementsOf(marker) };
}
