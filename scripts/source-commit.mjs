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

/**
 * Returns the commit that is checked out at `root`, with `-dirty` behind it if files differ from it; undefined if `root`
 * is no checkout of its own, such as an unpacked archive, or there is no git.
 */
export function sourceCommit(root) {
  const top = git(root, 'rev-parse', '--show-toplevel');
  if (top === undefined || realpathSync(top) !== realpathSync(root)) return undefined;
  // No tag is looked for, so that the name is the whole hash.
  return git(root, 'describe', '--always', '--abbrev=40', '--dirty', '--exclude=*');
}
