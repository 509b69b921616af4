import { recordsOf } from '../../process/child-output.js';
import { type Git, gitFailed, notThere, TIMED_OUT } from './git.js';

/**
 * Arguments of `git log` that have it print what each commit on the line changed, whatever the user's configuration says:
 * raw, in the order of paths, ended by NUL.
 */
export const RAW_CHANGES: readonly string[] = [
  '--first-parent',
  '--diff-merges=first-parent',
  '--raw',
  '--no-abbrev',
  '--no-renames',
  '--no-show-signature',
  '--no-color',
  '--no-ext-diff',
  '-O/dev/null',
  '-z',
];

/** Has git write its output in pieces of several KB instead of record by record, each of which would wake this process. */
const IN_PIECES = { GIT_FLUSH: '0' };

/**
 * Runs git and yields its output in batches of records that end with `separator`; git is paused while nothing reads.
 * In a partial clone git writes record by record, since each may need a fetch, and has the time limit of a fetch for each.
 * Throws EnvironmentError when git fails, and RemoteError when it could not fetch what a partial clone lacks.
 */
export async function* gitRecords(
  git: Git,
  args: readonly string[],
  separator: string,
  onStart?: () => void,
): AsyncGenerator<readonly string[]> {
  const lazy = git.lazyFetches;
  const child = git.start(args, lazy === null ? { env: IN_PIECES } : {});
  onStart?.();
  const end = yield* recordsOf(child, { separator, idleMs: lazy?.timeout });
  if (end.failure !== null) throw notThere(end.failure);
  const isLate = end.ended === 'timeout';
  if (end.rest && !isLate) yield [end.rest];
  const code = isLate ? TIMED_OUT : (end.code ?? 1);
  if (code !== 0) throw lazy?.failure({ code, stderr: end.stderr }) ?? gitFailed(args, code, end.stderr);
}
