import { randomBytes } from 'node:crypto';
import { chmod, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../errors.js';
import type { Actor } from '../model/operation.js';
import { hasCode } from '../store/durable-files.js';
import type { Revision } from '../store/state-store.js';
import { type Git, gitFailed } from './git.js';
import { personEnvironment } from './sign-commits.js';
import { FETCH_OPTIONS } from './transfer-options.js';

/** The commit, among the refs of a backup, that holds the manifest and the outbox as files. */
export const BACKUP_REF = 'refs/kgit/backup';
export const MANIFEST = 'manifest.json';
/** The folder of the outbox, in the clone's `kgit` folder and in a backup. */
export const OUTBOX = 'outbox';
/** How files of the outbox are called. */
export const ENTRY = /^\d{12}-[0-9A-HJKMNP-TV-Z]{26}$/;
/** Lock refs where they count, and where a clone notes those of its remote. */
export const LOCKS = 'refs/kgit/locks/';
export const SEEN_LOCKS = 'refs/kgit/seen/refs/';

/** What a backup says of itself. */
export interface Manifest {
  readonly version: 1;
  /** The state branch. */
  readonly branch: string;
  readonly revision: Revision;
  /** Which ref of the file stands at the revision. */
  readonly ref: string;
  /** Of the remote, without credentials; null where there was none. */
  readonly remote: string | null;
  readonly createdAt: string;
}

export interface BackupParts {
  readonly manifest: Manifest;
  /** The clone's `kgit` folder. */
  readonly folder: string;
  /** Name of the remote; null where there is none. */
  readonly remote: string | null;
  readonly author: Actor;
  /** ms since the epoch */
  readonly now: number;
  readonly timeoutMs: number;
}

/** What a backup holds. */
export interface BackedUp {
  readonly operations: number;
  readonly locks: number;
  readonly notes: readonly string[];
}

async function entries(folder: string): Promise<string[]> {
  try {
    return (await readdir(join(folder, OUTBOX))).filter((name) => ENTRY.test(name)).sort();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** The commit of manifest and outbox. */
async function contents(git: Git, names: readonly string[], parts: BackupParts): Promise<string> {
  const blob = (input: string | Buffer) => git.text(['hash-object', '-w', '--stdin'], { input });
  const tree = (lines: readonly string[]) => git.text(['mktree'], { input: lines.join('') });
  const files: string[] = [];
  for (const name of names)
    files.push(`100600 blob ${await blob(await readFile(join(parts.folder, OUTBOX, name)))}\t${name}\n`);
  const manifest = await blob(`${JSON.stringify(parts.manifest, null, 2)}\n`);
  const root = [`100644 blob ${manifest}\t${MANIFEST}\n`, `040000 tree ${await tree(files)}\t${OUTBOX}\n`];
  const seconds = Math.floor(parts.now / 1000);
  const env = {
    ...personEnvironment('AUTHOR', parts.author, seconds),
    ...personEnvironment('COMMITTER', parts.author, seconds),
  };
  return git.text(['commit-tree', await tree(root)], { input: 'kgit backup\n', env });
}

/**
 * Writes one file that holds the history of the state branch, the locks and the outbox: a git bundle, which any git can
 * read. It appears whole or not at all. Throws EnvironmentError.
 */
export async function writeBackup(git: Git, file: string, parts: BackupParts): Promise<BackedUp> {
  const notes: string[] = [];
  if (parts.remote !== null) {
    const refspec = `+${LOCKS}*:${SEEN_LOCKS}*`;
    const args = ['fetch', ...FETCH_OPTIONS, '--end-of-options', parts.remote, refspec];
    const { code } = await git.talk(parts.remote, args, { timeout: parts.timeoutMs });
    if (code !== 0) notes.push('the remote could not be asked: the locks are those that were last seen');
  }
  const names = await entries(parts.folder);
  const mine = `${BACKUP_REF}/${randomBytes(8).toString('hex')}`;
  await git.text(['update-ref', mine, await contents(git, names, parts)]);
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const space = parts.remote === null ? LOCKS : SEEN_LOCKS;
    const locks = (await git.text(['for-each-ref', '--format=%(refname)', space]))
      .split('\n')
      .filter(Boolean);
    const refs = [parts.manifest.ref, mine, ...locks];
    const args = ['bundle', 'create', '--quiet', temporary, '--stdin'];
    const { code, stderr } = await git.run(args, { input: `${refs.join('\n')}\n` });
    if (code !== 0) throw gitFailed(args, code, stderr);
    await git.text(['bundle', 'verify', '--quiet', temporary]);
    await chmod(temporary, 0o600);
    await rename(temporary, file).catch((cause: unknown) => {
      throw new EnvironmentError(`cannot write ${file}`, { cause, data: { path: file } });
    });
    return { operations: names.length, locks: locks.length, notes };
  } finally {
    await rm(temporary, { force: true });
    await git.text(['update-ref', '-d', mine]);
  }
}
