import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

function git(root, ...args) {
  const { status, stdout } = spawnSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Whether `root` is a checkout of its own, and not a folder in another one. */
function isCheckout(root) {
  const top = git(root, 'rev-parse', '--show-toplevel');
  return top !== undefined && realpathSync(top) === realpathSync(root);
}

/**
 * Returns the commit that is checked out at `root`, with `-dirty` behind it if files differ from it; undefined if `root`
 * is no checkout of its own, such as an unpacked archive, or there is no git.
 */
export function sourceCommit(root) {
  if (!isCheckout(root)) return undefined;
  // No tag is looked for, so that the name is the whole hash.
  return git(root, 'describe', '--always', '--abbrev=40', '--dirty', '--exclude=*');
}

/**
 * Returns the time of the sources, in seconds since the epoch, for what a build dates, so that two builds of a commit are
 * the same: SOURCE_DATE_EPOCH (reproducible-builds.org), or else the time of the commit; undefined if neither is known.
 */
export function sourceDate(root) {
  const named = process.env.SOURCE_DATE_EPOCH;
  if (/^\d+$/.test(named ?? '')) return Number(named);
  const committed = isCheckout(root) ? git(root, 'log', '-1', '--format=%ct') : undefined;
  return committed ? Number(committed) : undefined;
}
