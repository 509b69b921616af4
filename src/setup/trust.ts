/**
 * Determines who can have written a file: the user alone, whoever commits to a checkout, or anybody on this machine.
 */
import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { mayBeUsedByOthers, othersMayReplace, othersMayWrite } from '../platform/file-modes.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether kgit runs in CI, where the checkout may be a stranger's. CI=false says that it does not. */
export function isCi({ CI: said }: Environment): boolean {
  return said !== undefined && !/^(|0|false|no)$/i.test(said);
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // If the user may not search a folder, no file below it is read.
    return false;
  }
}

/**
 * Whether git would take this very folder for a repository: the files of a bare one can be committed to another one.
 */
function isBare(folder: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => isThere(join(folder, name)));
}

/** Resolves the symbolic links of a folder that need not exist, as far as it does. */
function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // A part that cannot be examined is judged by its name.
    return folder === dirname(folder) ? folder : join(resolved(dirname(folder)), basename(folder));
  }
}

/**
 * Returns the git checkout that contains a folder, at any depth: a folder with a `.git`, which is a file in submodules
 * and worktrees, or a bare repository. Null if there is none.
 */
export function checkoutOf(folder: string): string | null {
  for (let at = resolved(folder); ; at = dirname(at)) {
    if (isThere(join(at, '.git')) || isBare(at)) return at;
    if (dirname(at) === at) return null;
  }
}

/** Returns the git checkout that contains a file, once its symbolic links are resolved; null if there is none. */
export function checkoutOfFile(path: string): string | null {
  return checkoutOf(dirname(resolved(path)));
}

/** A folder of the XDG base directory specification. */
export interface OwnFolder {
  readonly path: string;
  /** Whether it is not in its usual place in the home. */
  readonly isElsewhere: boolean;
}

/**
 * Locates such a folder; null if there is no home.
 * @param preset its usual place, below the home
 */
export function ownFolder(environment: Environment, variable: string, preset: string): OwnFolder | null {
  const home = environment['HOME'];
  const usual = home ? join(home, preset) : null;
  const path = environment[variable] || usual;
  return path ? { path, isElsewhere: usual === null || resolve(path) !== usual } : null;
}

/**
 * Returns the checkout by which files in a folder of the user's own can come with a commit; null if only the user
 * writes them. A home that holds dotfiles in git is the user's own; in CI the home may be what is checked out.
 */
export function committable({ path, isElsewhere }: OwnFolder, environment: Environment): string | null {
  return isElsewhere || isCi(environment) ? checkoutOf(path) : null;
}

/**
 * Explains why a file is not the user's own, as the end of a sentence about it; null if it is, undefined if there is no
 * file.
 * @param uid the user's uid; null if the system has none
 */
export function strangeness(path: string, uid: number | null): string | null | undefined {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // The parent is not a folder or cannot be searched, so the file cannot be read either.
    return undefined;
  }
  if (stats?.isSymbolicLink()) return 'is a symbolic link';
  if (!stats?.isFile()) return undefined;
  if (uid === null) return null;
  if (stats.uid !== uid) return 'is not yours';
  if (othersMayWrite(stats)) return `can be written by others (chmod go-w ${path})`;
  return othersMayReplace(statSync(dirname(path)))
    ? `lies in a folder that others can write (chmod go-w ${dirname(path)})`
    : null;
}

/** Whether users other than its owner can read a file. A system without such permissions counts as private. */
export function mayBeReadByOthers(path: string): boolean {
  return mayBeUsedByOthers(statSync(path));
}

/** Whether a path lies in a `.git` folder, whose files cannot be committed. */
export function isInGitFolder(path: string): boolean {
  return path.split(sep).includes('.git');
}
