import type { KgitError } from '../../errors.js';
import { type Check, findingOf, passed } from '../../model/value/check.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Environment } from '../../setup/this-host.js';
import { checkBrokenLocks } from '../../store/doctor/doctor-broken-locks.js';
import { checkDamaged } from '../../store/doctor/doctor-damaged.js';
import { checkDisk } from '../../store/doctor/doctor-disk.js';
import { checkOutbox } from '../../store/doctor/doctor-outbox.js';
import { checkPushes } from '../../store/doctor/doctor-pushes.js';
import type { StoreCheck } from '../../store/port/driver.js';
import type { Clock } from '../../store/port/host.js';
import type { Head, StateView } from '../../store/port/state-store.js';
import type { PushRecord } from '../../store/publish/push-log.js';
import { readMarker } from '../../store/read/records.js';
import { checkFileOnly } from '../../sync/apply/file-only-check.js';
import { mergeSettings } from '../legacy/merge-host.js';
import type { Configured } from '../open/configured.js';
import { checkTeamSecrets } from './check-team-secrets.js';

/** What the checks found out about an open repository. */
export interface RepositoryHealth {
  readonly revision: string | null;
  /** ms since the epoch; null without a remote. */
  readonly fetchedAt: number | null;
  /** Ids of the pending operations, oldest first. */
  readonly waiting: readonly string[];
  readonly pushes: readonly PushRecord[];
}

export interface CheckHost {
  readonly clock: Clock;
  /** Where sops finds the user's key. */
  readonly environment: Environment;
  /** Turns what a failing check throws into an error that can be told. */
  readonly asError: (thrown: unknown) => KgitError;
  /** kgit's folders in the user's home. */
  readonly ownFolders: readonly string[];
}

/** Runs a check; if it fails to run, the failure is the finding. */
export async function runCheck(
  { name, look }: StoreCheck,
  asError: CheckHost['asError'],
): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (thrown) {
    return [findingOf(name, asError(thrown))];
  }
}

/** The check of the disks that hold these folders. */
export function diskCheck(folders: readonly string[]): StoreCheck {
  return { name: 'disk', look: async () => [await checkDisk(folders)] };
}

/** Checks for legacy files that stopped being written. Settings that cannot be read are the finding of another check. */
async function legacyFiles(
  configured: Configured | KgitError | null,
  clock: Clock,
): Promise<readonly Check[]> {
  if (configured === null || 'code' in configured) return [];
  const { opened, settings } = configured;
  const { repository, localFolder } = opened;
  const read = () => repository.read('never', settings.timeout);
  const host = { read, localFolder, settings: mergeSettings(configured) };
  const check = await checkFileOnly(host, settings.filesUntil, clock.now());
  return check ? [check] : [];
}

/** Checks what the secrets of a team need. Settings that cannot be read are the finding of another check. */
async function teamSecrets(
  configured: Configured | KgitError | null,
  view: StateView,
  environment: Environment,
): Promise<readonly Check[]> {
  if (configured === null || 'code' in configured) return [];
  return checkTeamSecrets(view, configured.settings, environment);
}

/**
 * Runs the checks of an open repository, those of its driver among them. They change nothing.
 * @param configured the repository with the settings of kgit.yaml, or why these cannot be read; null if other settings
 * are invalid, so that kgit.yaml alone is checked
 */
export async function checkStore(
  opened: OpenRepository,
  configured: Configured | KgitError | null,
  timeout: number,
  host: CheckHost,
): Promise<{ readonly checks: readonly Check[]; readonly health: RepositoryHealth | null }> {
  const { repository, localFolder, where } = opened;
  const { clock, asError, ownFolders } = host;
  const { store } = repository;
  const found = await store.head().catch(asError);
  const head: Head = 'code' in found ? { revision: null, fetchedAt: null } : found;
  const pushes = await opened.pushes.read();
  const own = await opened.checks?.({ head, timeout, clock });
  let health: RepositoryHealth | null = null;
  const one = (name: string, look: () => Promise<Check>): StoreCheck => ({
    name,
    look: async () => [await look()],
  });
  const checks: readonly StoreCheck[] = [
    one('repository', async () => {
      if ('code' in found) throw found;
      if (configured === null) await readMarker(store.view(head.revision), where);
      else if ('code' in configured) throw configured;
      return passed('repository', `${where} at ${head.revision?.slice(0, 10) ?? 'no commit yet'}`);
    }),
    ...(own?.files ?? []),
    one('local-files', () => checkDamaged(localFolder)),
    diskCheck([localFolder, ...ownFolders, ...(store.isRemote ? [] : [opened.path])]),
    one('outbox', async () => {
      const entries = await repository.outbox.list();
      health = { ...head, waiting: entries.map(({ id }) => id), pushes };
      return checkOutbox(entries, store.target, clock.now());
    }),
    { name: 'legacy-files', look: () => legacyFiles(configured, clock) },
    { name: 'secrets', look: () => teamSecrets(configured, store.view(head.revision), host.environment) },
    // As last seen: doctor does not record the remote's refs.
    { name: 'lock-refs', look: async () => checkBrokenLocks((await store.leases.list(null)).broken) },
    one('pushes', async () => checkPushes(pushes)),
    ...(own?.store ?? []),
  ];
  const results = await Promise.all(checks.map((check) => runCheck(check, asError)));
  return { checks: results.flat(), health };
}
