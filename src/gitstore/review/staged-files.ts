import { resolve } from 'node:path';
import { UsageError } from '../../errors.js';
import type { Staged } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { IndexCopy } from '../checkout/index-copy.js';
import { EMPTY_TREE, treeChanges } from '../objects/tree-changes.js';
import { type Git, gitFailed } from '../process/git.js';
import { treeFile } from './tree-file.js';

const SUBMODULE = '160000';

/** The checkout whose index is read. */
export interface StagingPlace {
  /** Runs in the user's folder. */
  readonly standing: Git;
  readonly folder: string;
  /** Value of GIT_INDEX_FILE, which a hook gets from git: `git commit FILE` makes an index for this commit alone. */
  readonly indexFile: string | undefined;
}

/**
 * Reads the index of a checkout. Writes its tree, as `git commit` is about to do.
 * Throws UsageError if there are unmerged paths, EnvironmentError.
 * @param sizesOf tells the size of each content, in bytes
 */
export async function stagedFiles(
  { standing, folder, indexFile }: StagingPlace,
  sizesOf: (contents: readonly string[]) => Promise<readonly number[]>,
): Promise<Staged> {
  const { gitDir, head } = await checkedOut(standing);
  const isFirst = head === null;
  const parent = head ?? EMPTY_TREE;
  const index = await IndexCopy.of(gitDir, indexFile ? resolve(folder, indexFile) : undefined);
  let revision: Revision;
  try {
    revision = await writeTree(standing, index.env);
  } finally {
    await index.discard();
  }
  const changes = [...(await treeChanges(standing, parent, revision)).values()];
  const written = changes.flatMap(({ path, after }) => (after === null ? [] : { path, ...after }));
  const contents = written.filter(({ mode }) => mode !== SUBMODULE).map(({ oid }) => oid);
  const sizes = new Map((await sizesOf(contents)).map((size, i) => [contents[i], size]));
  return {
    revision,
    parent,
    isFirst,
    changes: changes.map(({ path, before, after }) => ({
      path,
      before: before?.oid ?? null,
      after: after?.oid ?? null,
    })),
    files: written.map(({ path, mode, oid }) => treeFile(path, mode, oid, sizes.get(oid) ?? null)),
  };
}

/** The git folder of a checkout, and its commit; null before the first. One process tells both. */
async function checkedOut(git: Git): Promise<{ gitDir: string; head: Revision | null }> {
  const asked = ['--absolute-git-dir', '--verify', '--quiet', '--end-of-options', 'HEAD^{commit}'];
  const { code, stdout, stderr } = await git.run(['rev-parse', ...asked]);
  const text = stdout.toString('utf8').replace(/\n$/, '');
  if (text === '') throw gitFailed(['rev-parse'], code, stderr);
  if (code !== 0) return { gitDir: text, head: null };
  const end = text.lastIndexOf('\n');
  return { gitDir: text.slice(0, end), head: text.slice(end + 1) };
}

async function writeTree(git: Git, env: Readonly<Record<string, string>>): Promise<Revision> {
  // The trees need no more care than those of git itself, which writes them again only if they are missing.
  const args = ['-c', 'core.fsync=default', 'write-tree'];
  const { code, stdout, stderr } = await git.run(args, { env });
  if (code === 0) return stdout.toString('utf8').trim();
  if (/: unmerged \(/.test(stderr))
    throw new UsageError('the index has unmerged paths, so nothing can be committed', {
      suggestions: ['Resolve them, and add the files: git status lists them'],
    });
  throw gitFailed(['write-tree'], code, stderr);
}
