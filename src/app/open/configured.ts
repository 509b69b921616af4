import type { Identities } from '../../model/subject/management-identity.js';
import type { OpenRepository } from '../../setup/composition.js';
import { markerLayer, mergeLayers } from '../../setup/config.js';
import type { Settings } from '../../setup/settings.js';
import type { Reading } from '../../store/outbox/outcomes.js';
import type { StateView } from '../../store/port/state-store.js';
import { managementsOf, readMarker } from '../../store/read/records.js';

/** An open repository, its settings, and the management clusters that it names. */
export interface Configured {
  readonly opened: OpenRepository;
  readonly settings: Settings;
  /** The management clusters that kgit.yaml lists, each with its identities. */
  readonly managements: ReadonlyMap<string, Identities>;
}

/** A repository with its settings, ready to be read. */
export interface Context extends Configured {
  readonly reading: Reading;
}

/**
 * Applies the kgit.yaml of an open repository.
 * @param layers the settings from all other places
 * @param view the view to read kgit.yaml from
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
