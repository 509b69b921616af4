import { layOut } from '../app/init/lay-out.js';
import { templateFiles } from '../app/init/template-files.js';
import type { Git } from '../gitstore/process/git.js';
import { makeFolder, prepareRepository } from '../gitstore/repository/prepare-repository.js';
import { makeServer, syncPushes } from '../gitstore/repository/server-durability.js';
import type { Operation } from '../model/operation/operation.js';
import { editState } from '../model/state/state-document.js';
import { MARKER_FILE } from '../model/subject/layout.js';
import type { Identity } from '../model/subject/management-identity.js';
import { DEFAULT_MANAGEMENT } from '../model/subject/subject.js';
import { openStateRepository } from '../setup/composition.js';
import { DEFAULT_BRANCH } from '../setup/git-places.js';
import type { Settings } from '../setup/settings.js';
import type { Environment } from '../setup/this-host.js';
import type { DemoPlace } from './place.js';

/** What the state repository of a demo is made from. */
export interface DemoRepository {
  readonly place: DemoPlace;
  /** Identity of the stand-in cluster. kgit.yaml records it, as if the team had run `kgit status` before. */
  readonly identity: Identity;
  readonly otherIdentities: readonly Identity[];
  /** The operations to write, oldest first. */
  readonly history: readonly Operation[];
}

/** The environment of this process. */
export interface DemoHost {
  /** This program's folder. */
  readonly root: string;
  readonly openGit: (path: string) => Git;
  readonly settings: Settings;
  readonly environment: Environment;
  /** ms since the epoch */
  readonly now: () => number;
}

/** Creates the remote and a clone of it with the sample history, fully published. Throws EnvironmentError. */
export async function layOutRepository(
  { place, identity, otherIdentities, history }: DemoRepository,
  { root, openGit, settings, environment, now }: DemoHost,
): Promise<void> {
  await makeFolder(place.state);
  const git = openGit(place.state);
  await makeServer(git, place.remote, DEFAULT_BRANCH);
  await syncPushes(git, place.remote);
  await prepareRepository(git, place.state, DEFAULT_BRANCH, place.remote);
  // The commits are other people's: do not sign them with the user's key, or ask for its passphrase.
  await git.text(['config', 'commit.gpgSign', 'false'], { cwd: place.state });
  const opened = await openStateRepository(
    { ...settings, backend: 'git', repo: place.state },
    place.state,
    environment,
  );
  const { repository } = opened;
  try {
    const files = await templateFiles(root, 'none');
    const path = ['managements', DEFAULT_MANAGEMENT];
    const edits = [
      { op: 'set' as const, path: [...path, 'identity'], value: identity },
      { op: 'set' as const, path: [...path, 'other_identities'], value: otherIdentities },
    ];
    files.set(MARKER_FILE, editState(files.get(MARKER_FILE) ?? '', edits, MARKER_FILE));
    const layout = { files, amendMarker: (text: string) => text, subject: 'init: state repository' };
    const [first] = history;
    if (first === undefined) throw new Error('the sample history is empty');
    // The folder is new: none of the user's files are in it.
    const target = { store: repository.store, hasFile: async () => false };
    await layOut(target, layout, { author: first.actor, time: first.time, timeoutMs: settings.timeout });
    for (const operation of history) await repository.keep(operation);
    const { error } = await repository.sync(now() + settings.timeout);
    if (error !== null) throw error;
  } finally {
    await repository.close();
  }
}
