import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ConflictError,
  EnvironmentError,
  type KgitError,
  NoRepositoryError,
  RefusedError,
  RemoteError,
  UsageError,
} from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { refuseTexts } from '../../model/secret/guard-secrets.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { hasCode } from '../../model/value/error-codes.js';
import type { Revision, StateStore, StateView } from '../../store/port/state-store.js';
import { type Git, withoutCredentials } from '../process/git.js';
import { checkGitVersion, openRepository, type Repository } from './repository.js';

const LAYOUT_TRIES = 5;

/** Makes `folder` a git repository on `branch` unless it is one, with `remote` as its origin. Throws UsageError. */
export async function prepareRepository(
  git: Git,
  folder: string,
  branch: string,
  remote: string | undefined,
): Promise<Repository> {
  await checkGitVersion(git);
  const existing = await openOrNull(git, folder);
  if (!existing) await git.text(['init', '--quiet', `--initial-branch=${branch}`], { cwd: folder });
  if (existing?.workTree && existing.workTree !== folder) {
    throw new UsageError(`${folder} lies inside the repository ${existing.workTree}`, {
      suggestions: [`Lay out ${existing.workTree} itself, or choose a folder outside it`],
      data: { path: folder, repository: existing.workTree },
    });
  }
  const repository = existing ?? (await openRepository(git, folder));
  const known = repository.config.get('remote.origin.url');
  if (remote === undefined || known === remote) return repository;
  if (known !== undefined) {
    throw new UsageError(`${folder} has the remote ${withoutCredentials(known)} already`, {
      suggestions: ['Leave --remote out to publish there, or change it with git remote set-url'],
      data: { remote: withoutCredentials(known) },
    });
  }
  await git.text(['remote', 'add', '--', 'origin', remote], { cwd: folder });
  await git.text(['config', `branch.${branch}.remote`, 'origin'], { cwd: folder });
  await git.text(['config', `branch.${branch}.merge`, `refs/heads/${branch}`], { cwd: folder });
  return openRepository(git, folder);
}

/** The repository that contains `folder`; null if there is none. */
export async function openOrNull(git: Git, folder: string): Promise<Repository | null> {
  try {
    return await openRepository(git, folder);
  } catch (error) {
    if (error instanceof NoRepositoryError) return null;
    throw error;
  }
}

/** Creates the folder, and those above it. Throws EnvironmentError. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const isFile = hasCode(cause, 'EEXIST', 'ENOTDIR');
    const why = isFile ? 'a file is in the way' : 'it may not be written to';
    throw new EnvironmentError(`the folder ${path} cannot be made: ${why}`, {
      cause,
      suggestions: [isFile ? 'Choose another folder' : 'Make the folder above it writable for you'],
      data: { path },
    });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** What a state repository should hold. */
export interface Layout {
  readonly files: ReadonlyMap<string, string>;
  /** Adds what an existing marker file lacks; returns the same text if it lacks nothing. */
  readonly amendMarker: (text: string) => string;
  /** First line of the commit's message. */
  readonly subject: string;
}

/** Result of `layOut`: the revision that has every file, and the files that were added. */
export interface LaidOut {
  readonly revision: Revision;
  readonly added: readonly string[];
  /** How many times it tried to move the branch. */
  readonly attempts: number;
}

/** The files of a layout that `view` lacks, except those that the user has in the work tree. */
export async function missingFiles(
  view: Pick<StateView, 'read'>,
  workTree: string | null,
  { files, amendMarker }: Layout,
): Promise<Map<string, string>> {
  const missing = new Map<string, string>();
  for (const [path, text] of files) {
    const there = await view.read(path);
    const isUsers = path !== MARKER_FILE && workTree !== null && (await isThere(join(workTree, path)));
    if (there === null && !isUsers) missing.set(path, text);
    else if (there !== null && path === MARKER_FILE && amendMarker(there) !== there)
      missing.set(path, amendMarker(there));
  }
  return missing;
}

/**
 * Rethrows an error of the remote with advice for `kgit init`. The outbox does not keep a layout, so advice about the
 * outbox is dropped.
 */
function toInitAgain(error: unknown): never {
  if (!(error instanceof RemoteError || error instanceof RefusedError)) throw error;
  const again = "'kgit init' again";
  const suggestions = error.suggestions
    .filter((text) => !text.includes("'kgit outbox'"))
    .map((text) => text.replace("'kgit sync'", again));
  if (!suggestions.some((text) => text.includes(again))) suggestions.push(`Then run ${again}`);
  const told = { suggestions, data: error.data, cause: error };
  throw error instanceof RemoteError
    ? new RemoteError(error.message, told)
    : new RefusedError(error.message, told);
}

/**
 * Adds the files that a state repository lacks, in one commit. It touches nothing else, neither committed files nor the
 * work tree. Throws SecretError, and the error of the swap if the commit cannot be published.
 */
export async function layOut(
  store: StateStore,
  workTree: string | null,
  layout: Layout,
  author: Actor,
  time: number,
  timeoutMs: number,
): Promise<LaidOut> {
  refuseTexts({ user: author.name, email: author.email });
  let unknown: KgitError | null = null;
  for (let attempt = 0; attempt < LAYOUT_TRIES; attempt++) {
    const { revision } = await store.refresh(timeoutMs).catch(toInitAgain);
    const missing = await missingFiles(store.view(revision), workTree, layout);
    const isComplete = missing.size === 0 && revision !== null;
    if (isComplete && !store.isRemote) return { revision, added: [], attempts: attempt };
    const commit = { message: `${layout.subject}\n`, author, time, files: missing };
    // A complete layout may still be unpublished, if its remote was added later.
    const outcome = await store.swap(revision, isComplete ? [] : [commit], timeoutMs);
    if (outcome.kind === 'swapped') {
      const laid = (outcome.revisions[0] ?? revision) as Revision;
      return { revision: laid, added: [...missing.keys()], attempts: isComplete ? attempt : attempt + 1 };
    }
    // The next look shows whether a push without an answer landed.
    unknown = outcome.kind === 'unknown' ? outcome.error : null;
    if (unknown === null && 'error' in outcome) toInitAgain(outcome.error);
  }
  if (unknown !== null) toInitAgain(unknown);
  throw new ConflictError('the branch moved again and again while it was laid out', {
    suggestions: ['Run kgit init again'],
  });
}
