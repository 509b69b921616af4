import { formatTimestamp } from '../../model/event/event.js';
import {
  pathOfSecret,
  type SecretConflict,
  type SecretSide,
} from '../../model/team-secret/secret-conflict.js';
import { type Git, gitFailed } from '../process/git.js';
import type { Sides } from './merge-state-text.js';

/**
 * Finds who gave a file its content, or removed it: the author of the last commit that did, and when. Null if none is found.
 * @param oid the content; null if the file was removed
 * @param tips where to search from: revisions, or `--all`
 */
export async function sideOf(
  git: Git,
  file: string,
  oid: string | null,
  tips: readonly string[],
): Promise<SecretSide | null> {
  const content = oid === null ? ['--diff-filter=D'] : [`--find-object=${oid}`, '--diff-filter=AM'];
  const format = ['log', '-1', '--no-show-signature', '--format=%an%x00%at', ...content];
  const args = [...format, ...tips, '--', file];
  const { code, stdout, stderr } = await git.run(args);
  if (code !== 0) throw gitFailed(['log'], code, stderr);
  const [user = '', time = ''] = stdout.toString('utf8').trimEnd().split('\0');
  if (time === '') return null;
  const removed = oid === null ? { removed: true as const } : {};
  return { user, timestamp: formatTimestamp(Number(time) * 1000), ...removed };
}

/** Who set a secret on each side of a merge that git asks for, wherever in the repository that was published. Throws InvalidStateError. */
export async function secretConflictOf(
  git: Git,
  { ours, theirs }: Sides,
  file: string,
): Promise<SecretConflict> {
  const side = async (text: string) => {
    const oid = await git.text(['hash-object', '--no-filters', '--stdin'], { input: text });
    return sideOf(git, file, oid, ['--all', 'HEAD']);
  };
  return { path: pathOfSecret(file, ours), ours: await side(ours), theirs: await side(theirs) };
}
