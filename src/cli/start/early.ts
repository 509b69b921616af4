/** Starts work before the program is loaded. */
import { askEarly } from '../../gitstore/repository/early-git.js';

/** Commands that read the repository of the current folder as early as possible. */
const LOOK_INTO_REPOSITORY: ReadonlySet<string> = new Set([
  'get',
  'log',
  'list',
  'status',
  'history',
  'diff',
  'locks',
  'push-event',
  'set',
  'unset',
  'phase',
  'run',
  'lock',
  'unlock',
]);
/** Flags that may name another repository or none, or forbid asking the remote. */
const ELSEWHERE = /^(--repo(=.*)?|--config(=.*)?|--help|-h|--queue)$/s;

/** Starts git if the arguments name a command that will query it about the current folder. */
export function beginEarly([word = '', ...words]: readonly string[]): void {
  const { KGIT_REPO, KGIT_CONFIG, HOME } = process.env;
  if (!LOOK_INTO_REPOSITORY.has(word) || KGIT_REPO || KGIT_CONFIG || HOME === undefined) return;
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (own.some((text) => ELSEWHERE.test(text))) return;
  const folder = workingFolder();
  if (folder !== null) askEarly(folder, process.env);
}

/** Returns the current folder; null if it was removed, which the command itself reports. */
function workingFolder(): string | null {
  try {
    return process.cwd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
