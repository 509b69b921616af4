import { EnvironmentError } from '../../errors.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Git } from '../process/git.js';

/** The empty tree: the content of a branch that does not exist yet. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** A file that differs between two trees. */
export interface TreeChange {
  readonly path: string;
  /** The file in the second tree; null if it has none. */
  readonly after: TreeFile | null;
  readonly before: TreeFile | null;
}

export interface TreeFile {
  readonly mode: string;
  readonly oid: string;
}

const RAW = /^:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*$/;
const NONE = '000000';

const fileOf = (mode = NONE, oid = ''): TreeFile | null => (mode === NONE ? null : { mode, oid });

/** The files that differ between two revisions, by path. */
export async function treeChanges(git: Git, from: Revision, to: Revision): Promise<Map<string, TreeChange>> {
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--no-renames',
    '--no-abbrev',
    '--end-of-options',
    from,
    to,
  ];
  return parseChanges(await git.text(args));
}

/** Parses the output of `git diff-tree -z --raw` and its likes: the files that differ, by path. */
export function parseChanges(raw: string): Map<string, TreeChange> {
  const words = raw.split('\0');
  const changes = new Map<string, TreeChange>();
  for (let i = 0; i + 1 < words.length; i += 2) {
    const [, oldMode, newMode, oldOid, newOid] = RAW.exec(words[i] as string) ?? [];
    const path = words[i + 1] as string;
    changes.set(path, { path, before: fileOf(oldMode, oldOid), after: fileOf(newMode, newOid) });
  }
  return changes;
}

/** The newest common ancestor of two revisions. Throws EnvironmentError if there is none, as in a shallow clone. */
export async function requireMergeBase(git: Git, a: Revision, b: Revision): Promise<Revision> {
  const { code, stdout } = await git.run(['merge-base', a, b]);
  if (code === 0) return stdout.toString('utf8').trim();
  throw new EnvironmentError('the two branches have no commit in common here', {
    suggestions: ['Where the clone is shallow, get the history: git fetch --unshallow'],
    data: { revisions: [a, b] },
  });
}
