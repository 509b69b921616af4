import type { Identities } from '../../model/subject/management-identity.js';
import type { OpenRepository } from '../../setup/composition.js';
import { type LocalSettings, withMarker } from '../../setup/config.js';
import type { Settings } from '../../setup/settings.js';
import type { FetchPolicy, Reading } from '../../store/outbox/outcomes.js';
import type { StateView } from '../../store/port/state-store.js';
import type { About } from '../../store/read/entries-about.js';
import { managementsOf, readMarker } from '../../store/read/records.js';

/** An open repository, its settings, and the management clusters that it names. */
export interface Configured {
  readonly opened: OpenRepository;
  readonly settings: Settings;
  /** The management clusters that kgit.yaml lists, each with its identities. */
  readonly managements: ReadonlyMap<string, Identities>;
}

/** The same, and the content of the repository at one moment. */
export interface Context extends Configured {
  readonly reading: Reading;
}

/** Applies the kgit.yaml of an open repository, as a view has it. Throws InvalidStateError. */
export async function configured(
  opened: OpenRepository,
  local: LocalSettings,
  view: StateView,
): Promise<Configured> {
  const marker = await readMarker(view, opened.where);
  const settings = withMarker(local, marker);
  opened.repository.keepPublished(settings.publishKeep);
  await opened.repository.store.workingCopy?.prepare();
  return { opened, settings, managements: managementsOf(marker) };
}

/**
 * Reads the head of an open repository, and applies its kgit.yaml. Throws RemoteError, InvalidStateError.
 * @param policy whether to fetch first; if left out, when the last fetch is older than `read.maxAge`
 * @param about what the caller reads, given all settings except those of kgit.yaml; everything if left out
 */
export async function readConfigured(
  opened: OpenRepository,
  local: LocalSettings,
  policy?: FetchPolicy,
  about?: (settings: Settings) => About,
): Promise<Context> {
  const { settings } = local;
  const fetch = policy ?? { olderThan: settings.readMaxAge };
  const reading = await opened.repository.read(fetch, settings.timeout, about?.(settings));
  return { ...(await configured(opened, local, reading.view)), reading };
}
