import { join } from 'node:path';
import { type KgitError, NoRepositoryError, UsageError } from '../../errors.js';
import { openStateRepository } from '../../setup/composition.js';
import { driverOf, EMBEDDED } from '../../setup/drivers.js';
import { type Environment, systemClock, thisHost } from '../../setup/this-host.js';
import { ProcessLock } from '../../store/local/process-lock.js';
import type { Waits } from '../../store/port/host.js';
import type { Configured } from '../open/configured.js';
import { followStore } from './follow-store.js';
import { type Mirrored, mirrorStore, planMirror } from './mirror-store.js';

export interface MirrorIntent {
  /** The git repository, as `--repo` takes one. */
  readonly to: string;
  /** Counts what is to be copied, and writes nothing. */
  readonly dryRun: boolean;
  /** Keeps the mirror up to date until it is aborted; if absent, what is new is copied once. */
  readonly until?: AbortSignal | undefined;
}

export interface MirrorHost {
  readonly cwd: string;
  readonly environment: Environment;
  readonly waits: Waits;
  /** Called when the store or the mirror cannot be reached while it is kept up to date. */
  readonly onAway: (error: KgitError) => void;
}

/** The mirror as it is now, and where it is. */
export interface GitMirror extends Mirrored {
  /** The folder or URL, without secrets. */
  readonly path: string;
  readonly branch: string;
  /** What was copied, as its driver names it. */
  readonly store: string;
}

/**
 * Brings the git copy of a store up to date. Throws UsageError for a store that is a git repository, or a target that is
 * none; then as `mirrorStore`.
 */
export async function mirrorToGit(
  { opened: { repository, backend }, settings }: Pick<Configured, 'opened' | 'settings'>,
  { to, dryRun, until }: MirrorIntent,
  { cwd, environment, waits, onAway }: MirrorHost,
): Promise<GitMirror> {
  if (backend === 'git' || backend === EMBEDDED)
    throw new UsageError(
      'kgit mirror --to copies a store that is not git, and this one is a git repository',
      {
        suggestions: ['Let git copy it: git push --mirror URL'],
        data: { feature: 'kgit mirror --to', backend },
      },
    );
  if (driverOf(to) !== 'git')
    throw new UsageError(`--to ${to}: a mirror is a git repository`, {
      suggestions: [
        'Give a folder or URL of git: --to /srv/git/state.git',
        'To move a store, see kgit migrate',
      ],
      data: { to },
    });
  const open = openStateRepository({ ...settings, repo: to }, cwd, environment, {
    waits,
    mayBeEmpty: true,
  });
  const target = await open.catch((error: unknown) => {
    throw error instanceof NoRepositoryError ? noTarget(to, error) : error;
  });
  const wait = waits.begin(`mirroring to ${target.where}`, false);
  try {
    const pair = {
      source: repository.store,
      target: target.repository.store,
      where: target.where,
      timeoutMs: settings.timeout,
    };
    const lock = new ProcessLock(join(target.localFolder, 'mirror.lock'), thisHost);
    const parts = { ...pair, lock, clock: systemClock, wait };
    const mirrored = dryRun
      ? await planMirror(pair)
      : await (until ? followStore(parts, { signal: until, onAway }) : mirrorStore(parts));
    return { ...mirrored, path: target.path, branch: target.name, store: repository.store.target };
  } finally {
    wait.end();
    await target.repository.close();
  }
}

function noTarget(to: string, { message, data }: NoRepositoryError): NoRepositoryError {
  return new NoRepositoryError(`--to: ${message}`, {
    suggestions: [`Make it first: git init --bare --initial-branch=main '${to}'`],
    data,
  });
}
