import type { Identities } from '../model/subject/management-identity.js';
import type { OpenRepository } from '../setup/composition.js';
import { markerLayer, mergeLayers } from '../setup/config.js';
import type { Settings } from '../setup/settings.js';
import type { StateView } from '../store/port/state-store.js';
import { managementsOf, readMarker } from '../store/read/records.js';

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
  const marker = await readMarker(view, opened.where);
  const settings = mergeLayers([...layers, markerLayer(marker)]);
  opened.repository.keepPublished(settings.publishKeep);
  await opened.repository.store.workingCopy?.prepare();
  return { opened, settings, managements: managementsOf(marker) };
}
