import { isUtf8 } from 'node:buffer';
import { wentBack } from '../../store/port/shared-history.js';
import type { Revision, RevisionChange } from '../../store/port/state-store.js';
import type { Objects } from '../objects/object-reader.js';
import type { Graph } from './graph.js';
import { isFile, type Line, NO_FILE, type PrintedCommit } from './printed-commits.js';

/** The parts of a git that read its history. */
export interface ChangeSource {
  readonly graph: Pick<Graph, 'isAncestor'>;
  readonly line: Line;
  readonly reader: Pick<Objects, 'read'>;
}

function changeOf(
  reader: ChangeSource['reader'],
  { changes, authored: _, committed: time, message, ...commit }: PrintedCommit,
): RevisionChange {
  const of = (isOne: (was: boolean, is: boolean) => boolean) =>
    changes.flatMap(({ path, was, mode }) => (isOne(was !== NO_FILE, mode !== NO_FILE) ? [path] : []));
  return {
    ...commit,
    time,
    message: message.trimEnd(),
    added: of((was, is) => !was && is),
    changed: of((was, is) => was && is),
    removed: of((was, is) => was && !is),
    read: async (paths) => {
      const objects = new Map(changes.map(({ path, mode, oid }) => [path, isFile(mode) ? oid : null]));
      return Promise.all(paths.map((path) => textOf(reader, path, objects.get(path) ?? null)));
    },
  };
}

async function textOf(
  reader: ChangeSource['reader'],
  path: string,
  oid: string | null,
): Promise<string | null> {
  const object = oid === null ? null : await reader.read(oid, path);
  return object && isUtf8(object.data) ? object.data.toString('utf8') : null;
}

/**
 * Yields the commits that lead from `after` to `to` along first parents, oldest first. If the line does not pass through
 * `after`, because somebody merged it into a line of their own, all that is new comes as one change: that of `to`.
 * Throws `wentBack` if `to` does not contain `after`.
 * @param after null for all commits
 */
export async function* changesBetween(
  { graph, line, reader }: ChangeSource,
  after: Revision | null,
  to: Revision,
): AsyncGenerator<RevisionChange> {
  if (after === to) return;
  if (after !== null && !(await graph.isAncestor(after, to))) throw wentBack(after);
  let at = after;
  for await (const commit of line.commits(after, to)) {
    if (after === null || commit.parent === at) {
      at = commit.revision;
      yield changeOf(reader, commit);
    } else if (commit.revision === to)
      yield { ...changeOf(reader, { ...commit, changes: await line.differences(after, to) }), parent: after };
  }
}
