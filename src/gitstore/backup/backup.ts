import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EnvironmentError, NotFoundError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { PRIVATE_FILE } from '../../platform/file-modes.js';
import { orIfGone } from '../../store/local/durable-files.js';
import { OUTBOX, readWaiting } from '../../store/local/waiting-files.js';
import type { BackedUp, BackupRequest } from '../../store/port/driver.js';
import type { Head, Revision } from '../../store/port/state-store.js';
import { isOn } from '../objects/commit-builder.js';
import { namedCommitter } from '../objects/committer.js';
import { quoted } from '../objects/fast-import.js';
import { personEnvironment } from '../objects/sign-commits.js';
import { type Git, gitFailed } from '../process/git.js';
import { tellProgress, withoutProgress } from '../process/told-wait.js';
import { FETCH_OPTIONS } from '../process/transfer-options.js';
import type { Repository } from '../repository/repository.js';

/** The commit, among the refs of a backup, that holds the manifest and the outbox as files. */
export const BACKUP_REF = 'refs/kgit/backup';
export const MANIFEST = 'manifest.json';
/** Lock refs, and a clone's local copies of its remote's. */
export const LOCKS = 'refs/kgit/locks/';
export const SEEN_LOCKS = 'refs/kgit/seen/refs/';

/** The manifest of a backup. */
export interface Manifest {
  readonly version: 1;
  /** The state branch. */
  readonly branch: string;
  readonly revision: Revision;
  /** The ref in the file that points to the revision. */
  readonly ref: string;
  /** URL of the remote, without credentials; null if there was none. */
  readonly remote: string | null;
  readonly createdAt: string;
}

/** The clone that is backed up. */
export interface BackupSource {
  /** Runs in the folder that all worktrees share. */
  readonly git: Git;
  readonly layout: Repository;
  /** The state branch. */
  readonly branch: string;
  /** Name of the remote; null if there is none. */
  readonly remote: string | null;
  /** URL of the remote, without credentials; null if there is none. */
  readonly address: string | null;
  /** The clone's `kgit` folder. */
  readonly folder: string;
  /** Reads the newest revision known here. */
  readonly head: () => Promise<Head>;
}

/** Writes the commit that holds manifest and outbox. */
async function contents(
  git: Git,
  manifest: Manifest,
  outbox: ReadonlyMap<string, Buffer>,
  request: { readonly author: Actor; readonly now: number },
): Promise<string> {
  const blob = (input: string | Buffer) => git.text(['hash-object', '-w', '--stdin'], { input });
  const tree = (lines: readonly string[]) => git.text(['mktree'], { input: lines.join('') });
  const files: string[] = [];
  for (const [name, text] of outbox) files.push(`100600 blob ${await blob(text)}\t${name}\n`);
  const about = await blob(`${JSON.stringify(manifest, null, 2)}\n`);
  const root = [`100644 blob ${about}\t${MANIFEST}\n`, `040000 tree ${await tree(files)}\t${OUTBOX}\n`];
  const seconds = Math.floor(request.now / 1000);
  const author = await namedCommitter(request.author);
  const env = {
    ...personEnvironment('AUTHOR', author, seconds),
    ...personEnvironment('COMMITTER', author, seconds),
  };
  return git.text(['commit-tree', await tree(root)], { input: 'kgit backup\n', env });
}

/**
 * Makes a repository that borrows the objects of a clone. Its refs select the content of the backup, and stay put while
 * those of the clone move on.
 */
async function borrowed(git: Git, folder: string, { commonDir, config }: Repository): Promise<Git> {
  const format = await git.text(['rev-parse', '--show-object-format']);
  await git.text(['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, folder]);
  const objects = join(commonDir, 'objects');
  // Unless it is quoted, git reads a line as a path.
  const line = objects.includes('\n') ? quoted(objects) : objects;
  await writeFile(join(folder, 'objects/info/alternates'), `${line}\n`);
  const own = git.at(folder);
  // To pack objects that a partial clone lacks, git fetches them from the remote.
  for (const [key, value] of config) {
    const name = isOn(value) ? /^remote\.(.+)\.promisor$/.exec(key)?.[1] : undefined;
    const url = name && config.get(`remote.${name}.url`);
    if (!url) continue;
    await own.text(['config', 'core.repositoryFormatVersion', '1']);
    await own.text(['config', key, 'true']);
    await own.text(['config', `remote.${name}.url`, url]);
  }
  if (git.lazyFetches) await own.fetchLazily(git.lazyFetches);
  return own;
}

/** The locks as last seen: the refs below a prefix, as names and ids of lock refs. */
async function locksBelow(git: Git, space: string): Promise<string[]> {
  const list = await git.text(['for-each-ref', '--format=%(refname) %(objectname)', space]);
  return list
    .split('\n')
    .filter(Boolean)
    .map((line) => `${LOCKS}${line.slice(space.length)}`);
}

async function requireFolder(file: string): Promise<void> {
  const there = await orIfGone(stat(dirname(file)), null);
  if (there?.isDirectory()) return;
  throw new EnvironmentError(`cannot write ${file}: there is no folder ${dirname(file)}`, {
    suggestions: [`Make it: mkdir -p ${dirname(file)}`],
    data: { path: file },
  });
}

/**
 * Fetches the locks, as far as the remote can be reached.
 * @returns a note for the user if it cannot
 */
async function fetchLocks(git: Git, remote: string, timeout: number): Promise<string | null> {
  const refspec = `+${LOCKS}*:${SEEN_LOCKS}*`;
  const args = ['fetch', ...FETCH_OPTIONS, '--end-of-options', remote, refspec];
  const { code } = await git.talk(remote, args, { timeout });
  return code === 0 ? null : 'the remote could not be reached: the locks are those last seen';
}

/**
 * Writes one file with the history of the state branch, the locks and the outbox: a git bundle, which any git can read.
 * It appears whole or not at all. Throws NotFoundError for an empty branch, EnvironmentError.
 */
export async function backUpClone(source: BackupSource, request: BackupRequest): Promise<BackedUp> {
  const { git, layout, branch, remote, address } = source;
  const { file, now, timeoutMs, wait } = request;
  // Before the revision is chosen: an operation that another process publishes in between is then in both, and restored
  // once; in the other order it would be in neither.
  const outbox = await readWaiting(source.folder);
  const { revision } = await source.head();
  if (revision === null) throw new NotFoundError(`the branch ${branch} is empty`);
  if (layout.isShallow) {
    throw new EnvironmentError('this clone is shallow: its history is incomplete', {
      suggestions: ['Fetch the rest: git fetch --unshallow'],
    });
  }
  await requireFolder(file);
  const createdAt = new Date(now).toISOString();
  const ref = `refs/heads/${branch}`;
  const manifest: Manifest = { version: 1, branch, revision, ref, remote: address, createdAt };
  const note = remote === null ? null : await fetchLocks(git, remote, timeoutMs);
  const folder = await mkdtemp(join(tmpdir(), 'kgit-backup-'));
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const own = await borrowed(git, folder, layout);
    const locks = await locksBelow(git, remote === null ? LOCKS : SEEN_LOCKS);
    const content = await contents(own, manifest, outbox, request);
    const refs = [
      `${ref} ${revision}`,
      `${BACKUP_REF}/${randomBytes(8).toString('hex')} ${content}`,
      ...locks,
    ];
    await own.text(['update-ref', '--stdin'], { input: refs.map((one) => `create ${one}\n`).join('') });
    await own.text(['symbolic-ref', 'HEAD', ref]);
    const args = ['bundle', 'create', '--progress', temporary, '--all'];
    const { code, stderr } = await own.run(args, { onStderr: (text) => tellProgress(text, wait) });
    if (code !== 0) throw gitFailed(args, code, withoutProgress(stderr));
    await own.text(['bundle', 'verify', '--quiet', temporary]);
    await chmod(temporary, PRIVATE_FILE);
    await rename(temporary, file).catch((cause: unknown) => {
      throw new EnvironmentError(`cannot write ${file}`, { cause, data: { path: file } });
    });
    return {
      revision,
      operations: outbox.size,
      locks: locks.length,
      notes: note === null ? [] : [note],
    };
  } finally {
    await rm(temporary, { force: true });
    await rm(folder, { recursive: true, force: true });
  }
}
