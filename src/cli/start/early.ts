/** What can be begun before the program is loaded. */
import { askEarly } from '../../gitstore/repository/early-git.js';

/** Commands that look into the repository stood in as soon as they can. */
const LOOK_INTO_REPOSITORY: ReadonlySet<string> = new Set([
  ...['get', 'log', 'list', 'status', 'history', 'diff', 'locks'],
  ...['push-event', 'set', 'unset', 'phase', 'run', 'lock', 'unlock'],
]);
/** Another repository may be meant, or none, or one that must not ask its remote. */
const ELSEWHERE = /^(--repo(=.*)?|--config(=.*)?|--help|-h|--queue)$/s;

/** Starts git where the arguments name a command that will ask it about the folder stood in. */
export function beginEarly([word = '', ...words]: readonly string[]): void {
  const { KGIT_REPO, KGIT_CONFIG, HOME } = process.env;
  if (!LOOK_INTO_REPOSITORY.has(word) || KGIT_REPO || KGIT_CONFIG || HOME === undefined) return;
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (own.some((text) => ELSEWHERE.test(text))) return;
  const folder = workingFolder();
  if (folder !== null) askEarly(folder, process.env);
}

/** The folder stood in; null where it was removed meanwhile, which the command itself tells. */
function workingFolder(): string | null {
  try {
    return process.cwd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
