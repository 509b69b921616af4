import { shellWord } from '../../model/value/shell-word.js';
import type { ReviewTools } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';

const short = (revision: Revision) => revision.slice(0, 12);

const checkout = (revision: Revision, path: string) =>
  `git checkout ${short(revision)} -- ${shellWord(path)}`;

/** The commands of git with which users look at findings and mend them. */
export const GIT_TOOLS: ReviewTools = {
  show: (revision) => `git show ${short(revision)}`,
  missing: (older, newer) => `git log ${short(newer)}..${short(older)}`,
  versions: (path) => `git log --patch -- ${shellWord(path)}`,
  removals: () => 'git log --first-parent --diff-filter=D --name-only -- deployments clusters locks',
  restore: checkout,
  restoreProposed: (revision, path, branch) => {
    const push = branch === null ? 'git push' : `git push origin HEAD:refs/heads/${shellWord(branch)}`;
    const commit = `git commit -m ${shellWord(`Restore ${path}`)} -- ${shellWord(path)}`;
    return `${checkout(revision, path)} && ${commit} && ${push}`;
  },
  restoreBefore: (revision, path) => `git checkout ${short(revision)}^ -- ${shellWord(path)}; then commit it`,
  differencesSince: (revision, path) => `git diff ${short(revision)}^ -- ${shellWord(path)}`,
  remove: (path) => `git rm -- ${shellWord(path)}`,
  forget: (path) => `git rm --cached -- ${shellWord(path)}`,
  makePlain: (path) => `git update-index --chmod=-x -- ${shellWord(path)}`,
  correct: () => 'Correct it in a clone, commit it, and push it',
  complete: () => 'git clone without --filter',
};
