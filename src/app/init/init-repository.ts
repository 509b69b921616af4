import { KgitError } from '../../errors.js';
import type { LockPlace } from '../../model/lease/lock-place.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import type { IdSource } from '../../model/value/ulid.js';
import { type OpenRepository, openStateRepository } from '../../setup/composition.js';
import { abilityIfAny, abilityOf } from '../../setup/facet-of.js';
import { actorOf } from '../../setup/identity.js';
import type { Settings } from '../../setup/settings.js';
import { type Environment, thisHost } from '../../setup/this-host.js';
import type { DriverHost, MadePlace, StoreMaker, StorePlace } from '../../store/port/abilities.js';
import type { Backend } from '../../store/port/backend.js';
import type { Clock, Waits } from '../../store/port/host.js';
import { followPublished } from '../../store/publish/follow-published.js';
import { refuseMirror } from '../../store/refuse-mirror.js';
import { type LaidOut, type Layout, type LayoutStamp, layOut, missingFiles } from './lay-out.js';
import { namingLockPlace } from './marker-text.js';

/** Which state repository is set up, and with what. */
export interface InitIntent {
  /** Absolute path; null for a driver that makes a store by its first write, in the place that the settings name. */
  readonly folder: string | null;
  /** The address to publish to; as it is configured there if undefined. */
  readonly remote: string | undefined;
  readonly layout: Layout;
}

export interface InitHost {
  readonly settings: Settings;
  readonly cwd: string;
  readonly environment: Environment;
  readonly clock: Pick<Clock, 'now'>;
  readonly ids: IdSource;
  readonly waits?: Waits | undefined;
}

/** What was set up. */
export interface Initialized extends LaidOut, Pick<MadePlace, 'made' | 'synced'> {
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** What would be set up. */
export interface PlannedInit {
  /** The folder, or the user's name for a server. */
  readonly path: string;
  /** What users call the line of revisions; null if there is no repository yet. */
  readonly name: string | null;
  readonly added: readonly string[];
}

/** The layout that records the place of locks in the marker, and adds nothing else. */
function withLockPlace({ files }: Layout, place: LockPlace): Layout {
  const amendMarker = (text: string) => namingLockPlace(text, place);
  return {
    files: new Map([[MARKER_FILE, amendMarker(files.get(MARKER_FILE) ?? '')]]),
    amendMarker,
    subject: `init: keep locks in ${place}`,
  };
}

/**
 * Takes a lock to find out where the remote accepts locks. A repository is useful without locks, so a failure is only a
 * note.
 */
async function proveLockPlace(
  store: Backend,
  { author, timeoutMs }: LayoutStamp,
  { clock, ids }: Pick<InitHost, 'clock' | 'ids'>,
): Promise<{ place: LockPlace | null; notes: readonly string[] }> {
  if (!store.leases.provePlace) return { place: null, notes: [] };
  const holder = { name: author.name, host: thisHost.hostname };
  const by = { author, holder, lease: ids.next(), now: () => clock.now() };
  const proof = store.leases.provePlace(by, timeoutMs);
  return proof.catch((error: unknown) => {
    if (!(error instanceof KgitError)) throw error;
    const again = "run 'kgit init' again once that is fixed";
    return { place: null, notes: [`could not test where locks can live: ${error.message}; ${again}`] };
  });
}

/**
 * Commits what an open store lacks of a layout, then tests where the remote accepts locks, and records the place in
 * kgit.yaml if it is not the usual one. The remote must have the branch by then, since the first branch may become a
 * forge's default. Throws as `layOut`.
 */
export async function completeLayout(
  { repository, identity }: Pick<OpenRepository, 'repository' | 'identity'>,
  layout: Layout,
  hasFile: StorePlace['hasFile'],
  host: InitHost,
): Promise<LaidOut & Pick<Initialized, 'notes'>> {
  const { settings, environment, clock } = host;
  const { store } = repository;
  await refuseMirror(store);
  const author = actorOf(settings, environment, identity);
  const stamp = (): LayoutStamp => ({ author, time: clock.now(), timeoutMs: settings.timeout });
  const notes = new Set<string>();
  const lay = async (wanted: Layout): Promise<LaidOut> => {
    const laid = await layOut({ store, hasFile }, wanted, stamp());
    for (const note of await followPublished(store)) notes.add(note);
    return laid;
  };
  const laid = await lay(layout);
  const proof = await proveLockPlace(store, stamp(), host);
  for (const note of proof.notes) notes.add(note);
  if (proof.place === null) return { ...laid, notes: [...notes] };
  const decided = await lay(withLockPlace(layout, proof.place));
  const added = [...new Set([...laid.added, ...decided.added])];
  return { ...decided, added, attempts: laid.attempts + decided.attempts, notes: [...notes] };
}

function driverHost({ settings: { timeout }, cwd, environment, waits }: InitHost): DriverHost {
  return { cwd, environment, timeout, waits };
}

function makerOf({ settings }: InitHost): Promise<StoreMaker> {
  return abilityOf(settings, 'make', 'kgit init');
}

async function openAt(
  folder: string | null,
  { settings, cwd, environment, waits }: InitHost,
): Promise<OpenRepository> {
  if (folder === null) return openStateRepository(settings, cwd, environment, { waits });
  return openStateRepository({ ...settings, repo: folder }, folder, environment);
}

/** What a driver without places makes: nothing, for its first write does. */
const NO_PLACE: MadePlace = { isThere: true, hasFile: async () => false, made: null, synced: null };

/** Whether the driver of the settings keeps stores in places that must be made first, such as folders. */
export async function needsPlace(settings: InitHost['settings']): Promise<boolean> {
  return (await abilityIfAny(settings, 'make')) !== undefined;
}

/**
 * Sets up a state repository, or adds what an existing one lacks.
 * Throws EnvironmentError; then as `completeLayout`.
 */
export async function initRepository(intent: InitIntent, host: InitHost): Promise<Initialized> {
  const { folder, remote, layout } = intent;
  const { made, synced, hasFile } =
    folder === null ? NO_PLACE : await (await makerOf(host)).make(folder, remote, driverHost(host));
  const opened = await openAt(folder, host);
  try {
    return { ...(await completeLayout(opened, layout, hasFile, host)), made, synced };
  } finally {
    await opened.repository.close();
  }
}

/** Plans what `initRepository` would do, as far as this machine knows. Writes nothing, not even the folder. */
export async function planInit({ folder, layout }: InitIntent, host: InitHost): Promise<PlannedInit> {
  const place = folder === null ? NO_PLACE : await (await makerOf(host)).look(folder, driverHost(host));
  const opened = place.isThere ? await openAt(folder, host) : null;
  try {
    const store = opened?.repository.store;
    const head = store?.isNear ? await store.refresh(host.settings.timeout) : await store?.head();
    const view = store?.view(head?.revision ?? null) ?? { read: async () => null };
    const added = [...(await missingFiles(view, place.hasFile, layout)).keys()];
    return { path: folder ?? opened?.path ?? '', name: opened?.name ?? null, added };
  } finally {
    await opened?.repository.close();
  }
}
