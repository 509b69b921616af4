import { mirroredLine } from '../../model/operation/mirror-message.js';
import { isRevisionId, originLine } from '../../model/operation/origin-trailer.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Git } from '../process/git.js';

/** Ids, branches, tags, and steps back from them: no options, no searches of messages, no paths in a tree. */
export function isRevisionName(text: string): boolean {
  // Made here, not at the start of each command: V8 looks up the property when it makes the expression.
  return /^[^\s\p{C}:?*[\\^~-][^\s\p{C}:?*[\\]{0,250}$/u.test(text);
}

/** The commit that a name stands for; null if there is none. */
export async function resolveRevision(git: Git, name: string): Promise<Revision | null> {
  if (!isRevisionName(name)) return null;
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
  const { code, stdout } = await git.run(args);
  return code === 0 ? stdout.toString('utf8').trim() : null;
}

/**
 * The newest revision of a history at a given time, along first parents.
 * @param time ms since the epoch
 */
export async function revisionAt(git: Git, revision: Revision, time: number): Promise<Revision | null> {
  // git takes a negative time for one in the far future, and no commit is older than 1970.
  if (time < 0) return null;
  const latest = `--min-age=${Math.floor(time / 1000)}`;
  const args = ['rev-list', '--max-count=1', '--first-parent', latest, '--end-of-options', revision, '--'];
  return (await git.text(args)) || null;
}

/** The newest commit, along first parents, whose message says that it is the copy of a revision of another store. */
export async function copyOf(git: Git, origin: string, revision: Revision): Promise<Revision | null> {
  if (!isRevisionId(origin)) return null;
  const named = [originLine(origin), mirroredLine(origin)].map((line) => `--grep=^${line}`);
  const args = [
    ...['rev-list', '--max-count=1', '--first-parent', '--basic-regexp'],
    ...[...named, '--end-of-options', revision, '--'],
  ];
  return (await git.text(args)) || null;
}

/** Whether `newer` is `older` or descends from it. */
export async function isAncestor(git: Git, older: Revision, newer: Revision): Promise<boolean> {
  return (await git.run(['merge-base', '--is-ancestor', older, newer])).code === 0;
}
