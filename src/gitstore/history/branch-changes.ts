import { wentBack } from '../../store/port/shared-history.js';
import type { Revision, RevisionChange } from '../../store/port/state-store.js';
import type { Git } from '../process/git.js';
import {
  changesIn,
  NO_FILE,
  type PrintedChange,
  type PrintedCommit,
  printedCommits,
} from './printed-commits.js';
import { isAncestor } from './revisions.js';

function changeOf({
  changes,
  authored: _,
  committed: time,
  message,
  ...commit
}: PrintedCommit): RevisionChange {
  const of = (isOne: (was: boolean, is: boolean) => boolean) =>
    changes.flatMap(({ path, was, mode }) => (isOne(was !== NO_FILE, mode !== NO_FILE) ? [path] : []));
  return {
    ...commit,
    time,
    message: message.trimEnd(),
    added: of((was, is) => !was && is),
    changed: of((was, is) => was && is),
    removed: of((was, is) => was && !is),
  };
}

/**
 * Yields the commits that lead from `after` to `to` along first parents, oldest first. If the line does not pass through
 * `after`, because somebody merged it into a line of their own, all that is new comes as one change: that of `to`.
 * Throws `wentBack` if `to` does not contain `after`.
 * @param after null for all commits
 */
export async function* changesBetween(
  git: Git,
  after: Revision | null,
  to: Revision,
): AsyncGenerator<RevisionChange> {
  if (after === to) return;
  if (after !== null && !(await isAncestor(git, after, to))) throw wentBack(after);
  let at = after;
  for await (const commit of printedCommits(git, after, to)) {
    if (after === null || commit.parent === at) {
      at = commit.revision;
      yield changeOf(commit);
    } else if (commit.revision === to)
      yield { ...changeOf({ ...commit, changes: await differences(git, after, to) }), parent: after };
  }
}

async function differences(git: Git, from: Revision, to: Revision): Promise<PrintedChange[]> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff'];
  const text = await git.text([...args, '--end-of-options', from, to]);
  return changesIn(text.split('\0'));
}
