import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { InvalidStateError } from '../../errors.js';
import type { Actor } from '../../model/operation/operation.js';
import { statePath } from '../../model/subject/layout.js';
import { placeOfPath } from '../../model/subject/place.js';
import { pathOfSecret, type SecretConflict } from '../../model/team-secret/secret-conflict.js';
import { SOPS_FILE } from '../../model/team-secret/secret-name.js';
import { removeFile } from '../../store/local/durable-files.js';
import type { FileConflict, MergeOutcome } from '../../store/port/proposals.js';
import type { Revision } from '../../store/port/state-store.js';
import { isOn } from '../objects/commit-builder.js';
import { namedCommitter } from '../objects/committer.js';
import { personEnvironment, SIGN_MS, signingFailed } from '../objects/sign-commits.js';
import { requireMergeBase, type TreeChange, type TreeFile, treeChanges } from '../objects/tree-changes.js';
import { type Git, gitFailed } from '../process/git.js';
import type { Repository } from '../repository/repository.js';
import { mergeSopsFile } from './merge-sops-file.js';
import { mergeStateText } from './merge-state-text.js';
import { sideOf } from './secret-sides.js';

export interface MergeParts {
  readonly repository: Repository;
  readonly author: Actor;
  readonly committer: Actor;
  /** ms since the epoch */
  readonly now: number;
  readonly message: string;
  /** Makes one commit on top of `theirs` instead of a merge commit: a forge can rebase that. */
  readonly isRebased?: boolean;
}

const STATE = /^deployments\/([^/]+)\/state\.yaml$/;
const REGULAR = '100644';

const sameFile = (a: TreeFile | null, b: TreeFile | null) => a?.oid === b?.oid && a?.mode === b?.mode;

/**
 * Merges `theirs` (the state branch) into `ours` (a proposal) without a checkout: state documents path by path, the
 * recipients of `.sops.yaml` one by one, other files whole. No ref points to the new commit yet. Throws EnvironmentError, InvalidStateError.
 */
export async function mergeBranches(
  git: Git,
  ours: Revision,
  theirs: Revision,
  parts: MergeParts,
): Promise<MergeOutcome> {
  const base = await requireMergeBase(git, ours, theirs);
  if (base === theirs || base === ours) return { kind: 'current' };
  const [proposed, published] = [await treeChanges(git, base, ours), await treeChanges(git, base, theirs)];
  const entries: TreeChange[] = [];
  const merged: string[] = [];
  const conflicts: FileConflict[] = [];
  for (const change of proposed.values()) {
    const other = published.get(change.path);
    if (!other) entries.push(change);
    else if (!sameFile(change.after, other.after)) {
      const result = await mergeFile(git, change, other, { ours, theirs });
      if ('conflicts' in result) conflicts.push({ file: change.path, ...result });
      else {
        entries.push({ ...change, after: { mode: REGULAR, oid: result.oid } });
        merged.push(change.path);
      }
    }
  }
  if (conflicts.length > 0) return { kind: 'conflicts', files: conflicts };
  const tree = await treeWith(git, theirs, entries, parts.repository);
  const parents = parts.isRebased ? [theirs] : [ours, theirs];
  return { kind: 'merged', revision: await commit(git, tree, parents, parts), files: merged };
}

async function mergeFile(
  git: Git,
  ours: TreeChange,
  theirs: TreeChange,
  tips: { readonly ours: Revision; readonly theirs: Revision },
): Promise<{ oid: string } | Omit<FileConflict, 'file'>> {
  if (placeOfPath(ours.path).kind === 'secret')
    return { conflicts: [], secret: await secretConflict(git, ours, theirs, tips) };
  if (ours.path === SOPS_FILE) return mergeRecipientsOf(git, ours, theirs);
  const id = STATE.exec(ours.path)?.[1];
  const files = [ours.before, ours.after, theirs.after];
  const isState = id !== undefined && statePath(id) === ours.path;
  // A document that one side deleted is in conflict as a whole.
  if (!isState || !ours.after || !theirs.after || files.some((file) => file && file.mode !== REGULAR))
    return { conflicts: [] };
  const [base = '', mine = '', yours = ''] = await Promise.all(files.map((file) => textOf(git, file)));
  const { text, conflicts } = await mergeStateText(git, { base, ours: mine, theirs: yours }, ours.path);
  if (conflicts.length > 0) return { conflicts };
  return { oid: await git.text(['hash-object', '-w', '--stdin'], { input: text }) };
}

/** Who set the secret on each side, and when: nobody can tell without a key whether both set the same. */
async function secretConflict(
  git: Git,
  ours: TreeChange,
  theirs: TreeChange,
  tips: { readonly ours: Revision; readonly theirs: Revision },
): Promise<SecretConflict> {
  const document = await textOf(git, ours.after ?? theirs.after);
  return {
    path: pathOfSecret(ours.path, document),
    ours: await sideOf(git, ours.path, ours.after?.oid ?? null, [tips.ours]),
    theirs: await sideOf(git, ours.path, theirs.after?.oid ?? null, [tips.theirs]),
  };
}

async function mergeRecipientsOf(
  git: Git,
  ours: TreeChange,
  theirs: TreeChange,
): Promise<{ oid: string } | Omit<FileConflict, 'file'>> {
  const files = [ours.before, ours.after, theirs.after];
  if (!ours.after || !theirs.after || files.some((file) => file && file.mode !== REGULAR))
    return { conflicts: [] };
  const [base = '', mine = '', yours = ''] = await Promise.all(files.map((file) => textOf(git, file)));
  const { text, isClean } = await mergeSopsFile(git, { base, ours: mine, theirs: yours });
  if (!isClean) return { conflicts: [] };
  return { oid: await git.text(['hash-object', '-w', '--stdin'], { input: text }) };
}

async function textOf(git: Git, file: TreeFile | null): Promise<string> {
  if (file === null) return '';
  const { code, stdout, stderr } = await git.run(['cat-file', 'blob', file.oid]);
  if (code !== 0) throw gitFailed(['cat-file'], code, stderr);
  return stdout.toString('utf8');
}

/** Writes the tree of a revision with these files put in or removed, by means of a temporary index. */
async function treeWith(
  git: Git,
  revision: Revision,
  entries: readonly TreeChange[],
  { commonDir }: Repository,
): Promise<string> {
  const index = join(commonDir, `kgit-merge-${randomBytes(6).toString('hex')}.index`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git.text(['read-tree', revision], { env });
    const none = '0'.repeat(revision.length);
    const lines = entries.map(({ path, after }) => `${after?.mode ?? '0'} ${after?.oid ?? none}\t${path}\0`);
    const { code, stderr } = await git.run(['update-index', '-z', '--index-info'], {
      env,
      input: lines.join(''),
    });
    if (code !== 0) throw clash(stderr);
    return await git.text(['write-tree'], { env });
  } finally {
    await removeFile(index);
  }
}

/** The error for a file on one side where the other has a folder. */
function clash(stderr: string): InvalidStateError {
  return new InvalidStateError(`the two branches cannot be joined: ${stderr.trim().slice(0, 300)}`, {
    suggestions: ['Merge them by hand: git merge'],
  });
}

async function commit(
  git: Git,
  tree: string,
  parents: readonly Revision[],
  { author, committer, now, message, repository }: MergeParts,
): Promise<Revision> {
  const isSigned = isOn(repository.config.get('commit.gpgsign'));
  const dates = await git.text(['show', '-s', '--format=%ct', ...parents]);
  const seconds = Math.max(Math.floor(now / 1000), ...dates.split('\n').map(Number));
  const env = {
    ...personEnvironment('AUTHOR', author, seconds),
    ...personEnvironment('COMMITTER', await namedCommitter(committer), seconds),
  };
  const args = [
    'commit-tree',
    ...(isSigned ? ['-S'] : []),
    ...parents.flatMap((parent) => ['-p', parent]),
    tree,
  ];
  const { code, stdout, stderr } = await git.run(args, { input: message, env, timeout: SIGN_MS });
  if (code === 0) return stdout.toString('utf8').trim();
  throw isSigned ? signingFailed(stderr) : gitFailed(args, code, stderr);
}
