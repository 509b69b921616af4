import { randomBytes } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError, InvalidStateError, UsageError } from '../../errors.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap } from '../../model/value/value.js';
import { createDurably, privateFolder } from '../../store/local/durable-files.js';
import { isWaitingName, OUTBOX, readWaiting, retargeted } from '../../store/local/waiting-files.js';
import type { Restored, RestoreRequest } from '../../store/port/abilities.js';
import { type Git, withoutCredentials } from '../process/git.js';
import { isBranchName } from '../review/git-proposals.js';
import { BACKUP_REF, LOCKS, MANIFEST, type Manifest, SEEN_LOCKS } from './backup.js';
import { notABackup } from './backup-file.js';

export interface RestoreOptions extends Pick<RestoreRequest, 'remote' | 'mayReplace'> {
  /** Name of kgit's folder in the git folder, which holds the outbox. */
  readonly localFolder: string;
}

const CHECKS = ['-c', 'fetch.fsckObjects=true'];
const TEMPORARY = 'refs/kgit/restoring';
const MAX_ENTRY = 64 * 1024 * 1024;

function broken(file: string, why: string, advice = 'Take another backup'): InvalidStateError {
  return new InvalidStateError(`${file} cannot be restored: ${why}`, {
    data: { path: file },
    suggestions: [`${advice}: nothing was changed here`],
  });
}

/** The text of a restored file of the outbox: unchanged, except for its target if the remote is new. */
function retarget(text: string, target: string | null): string {
  return target === null ? text : (retargeted(text, target) ?? text);
}

/** The target of waiting operations if the remote is new; null if they keep theirs. */
function newTarget({ remote }: RestoreOptions, branch: string): string | null {
  return remote === undefined ? null : `${withoutCredentials(remote)}#${branch}`;
}

/**
 * Builds a clone from a backup in `folder`, which is new. Throws InvalidStateError for a file that is damaged or not a
 * backup.
 */
async function build(
  git: Git,
  file: string,
  folder: string,
  options: RestoreOptions,
): Promise<Omit<Restored, 'movedTo' | 'notes'>> {
  await git.text(['init', '--quiet', '--template=', folder]);
  const common = join(folder, '.git');
  const clone = git.at(common, folder);
  const refspecs = [`+refs/*:${TEMPORARY}/*`];
  const args = [
    ...CHECKS,
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--end-of-options',
    file,
    ...refspecs,
  ];
  const fetched = await clone.run(args, { isTransfer: true });
  if (fetched.code !== 0) {
    const said = withoutCredentials(fetched.stderr).trim().split('\n');
    const [words = ''] = said.filter((line) => /^(fatal|error): /.test(line));
    throw broken(
      file,
      `it is truncated or damaged (${words.replace(/^\w+: /, '').slice(0, 200) || 'git cannot read it'})`,
    );
  }
  const list = await clone.text(['for-each-ref', '--format=%(refname) %(objectname)', TEMPORARY]);
  const refs = list
    .split('\n')
    .filter(Boolean)
    .map((line) => line.slice(TEMPORARY.length + 1).split(' ') as [string, string]);
  const here = (name: string) => name.slice('refs/'.length);
  const backups = refs.filter(([name]) => name.startsWith(`${here(BACKUP_REF)}/`));
  if (backups.length !== 1)
    throw broken(
      file,
      'it is a git bundle, but not a kgit backup',
      'Read it with git clone, or take a backup',
    );
  const backup = backups[0]?.[1] as string;
  const manifest = parseManifest(
    (await clone.run(['cat-file', 'blob', `${backup}:${MANIFEST}`])).stdout.toString('utf8'),
  );
  const tip = manifest && refs.find(([name]) => name === here(manifest.ref))?.[1];
  if (!manifest || tip !== manifest.revision) throw broken(file, 'its manifest does not match its content');
  const { branch } = manifest;
  if ((await clone.run(['cat-file', '-e', `${tip}:${MARKER_FILE}`])).code !== 0)
    throw broken(file, `it holds no state repository: ${MARKER_FILE} is not there`);
  const remote = options.remote ?? manifest.remote;
  await clone.text(['symbolic-ref', 'HEAD', `refs/heads/${branch}`]);
  await clone.text(['update-ref', `refs/heads/${branch}`, tip]);
  const locks = refs.flatMap(([name, oid]) => {
    const space = [LOCKS, SEEN_LOCKS].find((start) => name.startsWith(here(start)));
    return space ? [`update ${LOCKS}${name.slice(here(space).length)} ${oid}\n`] : [];
  });
  await clone.text(['update-ref', '--stdin'], { input: locks.join('') });
  if (remote !== null) {
    await clone.text(['remote', 'add', '--', 'origin', remote]);
    await clone.text(['config', `branch.${branch}.remote`, 'origin']);
    await clone.text(['config', `branch.${branch}.merge`, `refs/heads/${branch}`]);
  }
  const target = newTarget(options, branch);
  const operations = await restoreOutbox(clone, backup, join(common, options.localFolder), target, file);
  const stale = refs.map(([name]) => `delete ${TEMPORARY}/${name}\n`).join('');
  await clone.text(['update-ref', '--stdin'], { input: stale });
  await clone.text(['read-tree', '-m', '-u', 'HEAD']);
  return {
    name: branch,
    revision: manifest.revision,
    remote: remote === null ? null : withoutCredentials(remote),
    operations,
    locks: locks.length,
  };
}

function parseManifest(text: string): Manifest | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isMap(json) || json['version'] !== 1) return null;
  const { branch, revision, ref, remote } = json;
  const isText = [branch, revision, ref].every((value) => typeof value === 'string');
  const isRemote = remote === null || (typeof remote === 'string' && !/^-|::/.test(remote));
  return isText && isRemote && isBranchName(branch as string) ? (json as unknown as Manifest) : null;
}

/** Restores the outbox. It checks the names of files, so that none leaves its folder. */
async function restoreOutbox(
  clone: Git,
  backup: string,
  folder: string,
  target: string | null,
  file: string,
): Promise<number> {
  const listed = await clone.run(['ls-tree', '-z', '-l', `${backup}:${OUTBOX}`]);
  const lines = listed.stdout.toString('utf8').split('\0').filter(Boolean);
  await privateFolder(join(folder, OUTBOX));
  for (const line of lines) {
    const [, oid, size, name = ''] = /^100644 blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line) ?? [];
    if (!oid || !isWaitingName(name) || Number(size) > MAX_ENTRY)
      throw broken(file, 'its outbox holds something that kgit never wrote');
    const text = (await clone.run(['cat-file', 'blob', oid])).stdout.toString('utf8');
    await createDurably(join(folder, OUTBOX, name), retarget(text, target));
  }
  return lines.length;
}

/** Keeps the operations that wait in the replaced clone and are not in the backup. */
async function keepWaiting(from: string, to: string, target: string | null): Promise<number> {
  const known = new Set([...(await readWaiting(to)).keys()].map((name) => name.slice(13)));
  const missing = [...(await readWaiting(from))].filter(([name]) => !known.has(name.slice(13)));
  for (const [name, text] of missing)
    await createDurably(join(to, OUTBOX, name), retarget(text.toString('utf8'), target));
  return missing.length;
}

/** Whether a clone can be read: its HEAD is a commit of a state repository. */
async function isIntact(git: Git, folder: string): Promise<boolean> {
  const clone = git.at(join(folder, '.git'), folder);
  return (await clone.run(['cat-file', '-e', `HEAD:${MARKER_FILE}`])).code === 0;
}

/**
 * Restores a backup to `folder`: a new one, or that of a damaged clone, which is moved aside with everything in it.
 * Operations that wait there are taken along. A working clone is moved aside, too, if it may be replaced. Everything is
 * checked before anything is moved. Throws InvalidStateError, UsageError.
 */
export async function restoreBackup(
  git: Git,
  file: string,
  folder: string,
  options: RestoreOptions,
): Promise<Restored> {
  const suffix = randomBytes(4).toString('hex');
  const fresh = `${folder}.restoring-${suffix}`;
  const there = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    if (!hasCode(error, 'ENOTDIR')) throw error;
    throw new UsageError(`${folder} is not a folder`, { suggestions: ['Name a new folder'] });
  });
  const fault = await notABackup(file);
  if (fault !== null) throw broken(file, fault, 'Name a file that kgit backup wrote');
  const isClone = there?.includes('.git') === true;
  if (there && there.length > 0 && !isClone) {
    throw new UsageError(`${folder} is neither empty nor a clone`, { suggestions: ['Name a new folder'] });
  }
  try {
    await privateFolder(dirname(folder));
    const restored = await build(git, file, fresh, options);
    const local = (path: string) => join(path, '.git', options.localFolder);
    const target = newTarget(options, restored.name);
    const isWorking = isClone && (await isIntact(git, folder));
    if (isWorking) await options.mayReplace(folder);
    const taken = isClone ? await keepWaiting(local(folder), local(fresh), target) : 0;
    const movedTo = isClone ? `${folder}.${isWorking ? 'replaced' : 'damaged'}-${suffix}` : null;
    if (movedTo) await rename(folder, movedTo);
    await rename(fresh, folder);
    const publish = `publish it: git push origin ${restored.name} 'refs/kgit/locks/*'`;
    const notes = options.remote === undefined ? [] : [publish];
    return { ...restored, operations: restored.operations + taken, movedTo, notes };
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EROFS', 'EBUSY')) throw error;
    throw new EnvironmentError(`${folder} cannot be written`, { cause: error, data: { path: folder } });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
