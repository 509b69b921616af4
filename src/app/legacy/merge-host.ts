/** The parts that all imports of the deployment scripts' legacy files share. */
import { join } from 'node:path';
import type { Writer } from '../../model/operation/make-operation.js';
import type { Operation } from '../../model/operation/operation.js';
import { findSecrets } from '../../model/secret/find-secrets.js';
import { guardSecrets } from '../../model/secret/guard-secrets.js';
import { shownPath } from '../../model/secret/shown-path.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Environment } from '../../setup/this-host.js';
import { ownFolder } from '../../setup/trust.js';
import { FolderLock } from '../../store/local/folder-lock.js';
import type { Clock, Host } from '../../store/port/host.js';
import { aboutSubjects } from '../../store/read/entries-about.js';
import type { MergeHost } from '../../sync/apply/merge-files.js';
import type { SecretGuard } from '../../sync/parse/withhold.js';
import type { ImportStamp } from '../../sync/plan/import-operation.js';
import type { ImportSettings } from '../../sync/read/parsed-file.js';
import type { Configured } from '../open/configured.js';
import { defaultManagement } from '../open/subjects.js';
import { teamOf } from '../secret/shared-secrets.js';

export const SECRET_GUARD: SecretGuard = { find: findSecrets, show: shownPath };

/** The parts of a configured repository that merging legacy files needs. */
export interface LegacyContext extends Pick<Configured, 'settings' | 'managements'> {
  readonly opened: Pick<OpenRepository, 'repository' | 'localFolder'>;
}

/** The lock on folders of legacy files. It belongs to the user, not the clone: two clones may import the same files. */
export function folderLock(
  environment: Environment,
  localFolder: string,
  host: Host,
  clock: Clock,
): FolderLock {
  const state = ownFolder(environment, 'XDG_STATE_HOME', '.local/state');
  return new FolderLock(join(state ? join(state.path, 'kgit') : localFolder, 'scripts'), host, clock);
}

/** Settings for reading legacy files when nobody can be asked: broken files are skipped. */
export function mergeSettings({ settings, managements }: Omit<LegacyContext, 'opened'>): ImportSettings {
  const { namespace, deployment } = settings;
  const management = defaultManagement({ settings, managements });
  return { management, namespace, deployment, skipInvalid: true, secrets: SECRET_GUARD };
}

/** Ids, time and author of one import operation, and further fields of its events. */
export function importStamp(
  { actor, host, run, ids, now }: Writer,
  more: { readonly message?: string; readonly reason?: string } = {},
): ImportStamp {
  return {
    ids,
    time: now,
    actor,
    runId: run.id,
    fields: { user: actor.name, ...more, host },
  };
}

/**
 * The host for merging legacy files when nobody can be asked.
 * @param writer returns the writer as of now; called once for each operation
 * @param keep keeps an operation durably
 * @param environment where sops, and the user's key for the secrets of the team, are found
 */
export function mergeHost(
  context: LegacyContext,
  writer: () => Writer,
  keep: (operation: Operation) => Promise<void>,
  environment: Environment,
): MergeHost {
  const { repository, localFolder } = context.opened;
  return {
    read: (subjects) =>
      repository.read('never', context.settings.timeout, subjects && aboutSubjects(subjects)),
    localFolder,
    settings: mergeSettings(context),
    stamp: () => importStamp(writer()),
    guard: (operation) => guardSecrets(operation, undefined),
    team: teamOf(context.settings, environment),
    keep,
  };
}
