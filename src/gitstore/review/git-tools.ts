import { shellWord } from '../../model/value/shell-word.js';
import type { ReviewTools } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';

const short = (revision: Revision) => revision.slice(0, 12);

const checkout = (revision: Revision, path: string) =>
  `git checkout ${short(revision)} -- ${shellWord(path)}`;

/** Commits a file and pushes it to the branch of a proposal; that of the checkout if its name is unknown. */
function deliver(verb: string, path: string, branch: string | null): string {
  const push = branch === null ? 'git push' : `git push origin HEAD:refs/heads/${shellWord(branch)}`;
  return `git commit -m ${shellWord(`${verb} ${path}`)} -- ${shellWord(path)} && ${push}`;
}

/** The commands of git with which users look at findings and mend them. */
export const GIT_TOOLS: ReviewTools = {
  show: (revision) => `git show ${short(revision)}`,
  missing: (older, newer) => `git log ${short(newer)}..${short(older)}`,
  versions: (path) => `git log --patch -- ${shellWord(path)}`,
  removals: () => 'git log --first-parent --diff-filter=D --name-only -- deployments clusters locks',
  restore: checkout,
  restoreProposed: (revision, path, branch) =>
    `${checkout(revision, path)} && ${deliver('Restore', path, branch)}`,
  // A file that is staged and was never committed is removed only by force.
  withdraw: (path) => `git rm --force -- ${shellWord(path)}`,
  withdrawProposed: (path, branch) => `git rm -- ${shellWord(path)} && ${deliver('Remove', path, branch)}`,
  restoreBefore: (revision, path) => `git checkout ${short(revision)}^ -- ${shellWord(path)}; then commit it`,
  differencesSince: (revision, path) => `git diff ${short(revision)}^ -- ${shellWord(path)}`,
  remove: (path) => `git rm -- ${shellWord(path)}`,
  forget: (path) => `git rm --cached -- ${shellWord(path)}`,
  makePlain: (path) => `git update-index --chmod=-x -- ${shellWord(path)}`,
  correct: () => 'Correct it in a clone, commit it, and push it',
  complete: () => 'git clone without --filter',
};
