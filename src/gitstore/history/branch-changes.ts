import { wentBack } from '../../store/port/shared-history.js';
import type { Revision, RevisionChange } from '../../store/port/state-store.js';
import type { Graph } from './graph.js';
import { type Line, NO_FILE, type PrintedCommit } from './printed-commits.js';

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
  graph: Pick<Graph, 'isAncestor'>,
  line: Line,
  after: Revision | null,
  to: Revision,
): AsyncGenerator<RevisionChange> {
  if (after === to) return;
  if (after !== null && !(await graph.isAncestor(after, to))) throw wentBack(after);
  let at = after;
  for await (const commit of line.commits(after, to)) {
    if (after === null || commit.parent === at) {
      at = commit.revision;
      yield changeOf(commit);
    } else if (commit.revision === to)
      yield { ...changeOf({ ...commit, changes: await line.differences(after, to) }), parent: after };
  }
}
