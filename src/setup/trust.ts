/** Who can have written a file: the user alone, whoever commits to a checkout, or anybody on this machine. */
import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
/** In such a folder only the owner of a file may replace it, as in /tmp. */
const STICKY = 0o1000;

/** Whether this is a run of CI, where what is checked out may be a stranger's: CI=false is how people say that it is none. */
export function isCi({ CI: said }: Environment): boolean {
  return said !== undefined && !/^(|0|false|no)$/i.test(said);
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A folder that this user may not look into holds no file that is read from below it.
    return false;
  }
}

/** Whether git would take this very folder for a repository: what a bare one holds can be committed to another one. */
function isBare(folder: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => isThere(join(folder, name)));
}

/** A folder that need not be there yet, with the symbolic links of the part that is resolved. */
function resolved(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // What cannot be looked at is judged by its name.
    return folder === dirname(folder) ? folder : join(resolved(dirname(folder)), basename(folder));
  }
}

/**
 * The git checkout that a folder lies in, however far below its top: a folder with a `.git`, which is a file in
 * submodules and worktrees, or a bare repository. Null where it lies in none.
 */
export function checkoutOf(folder: string): string | null {
  for (let at = resolved(folder); ; at = dirname(at)) {
    if (isThere(join(at, '.git')) || isBare(at)) return at;
    if (dirname(at) === at) return null;
  }
}

/** The git checkout that a file lies in, where its symbolic links lead; null where it lies in none. */
export function checkoutOfFile(path: string): string | null {
  return checkoutOf(dirname(resolved(path)));
}

/** A folder of the XDG base directory specification. */
export interface OwnFolder {
  readonly path: string;
  /** Whether it lies elsewhere than in its usual place in the home. */
  readonly isElsewhere: boolean;
}

/** Where such a folder lies; null where there is no home. @param preset its usual place, below the home */
export function ownFolder(environment: Environment, variable: string, preset: string): OwnFolder | null {
  const home = environment['HOME'];
  const usual = home ? join(home, preset) : null;
  const path = environment[variable] || usual;
  return path ? { path, isElsewhere: usual === null || resolve(path) !== usual } : null;
}

/**
 * The checkout that makes a folder of the user's own one whose files can come with a commit; null where it is the user's
 * alone. A home that holds dotfiles in git is the user's own; in CI the home may be what is checked out.
 */
export function committable({ path, isElsewhere }: OwnFolder, environment: Environment): string | null {
  return isElsewhere || isCi(environment) ? checkoutOf(path) : null;
}

/** Whether somebody else can write or replace what these are the stats of. A group of the user alone, as many systems make one, is nobody else. */
function othersMayWrite({ mode, uid, gid }: Stats): boolean {
  return (mode & WRITABLE_BY_ALL) !== 0 || ((mode & WRITABLE_BY_GROUP) !== 0 && gid !== uid);
}

/**
 * Why a file is none of the user's own, as the end of a sentence about it; null where it is, undefined where there is none.
 * @param uid the user's number; null where the system has none
 */
export function strangeness(path: string, uid: number | null): string | null | undefined {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // The folder is no folder, or not to be looked into: then neither is the file to be read.
    return undefined;
  }
  if (stats?.isSymbolicLink()) return 'is a symbolic link';
  if (!stats?.isFile()) return undefined;
  if (uid === null) return null;
  if (stats.uid !== uid) return 'is not yours';
  if (othersMayWrite(stats)) return `can be written by others (chmod go-w ${path})`;
  const folder = statSync(dirname(path));
  const isOpen = othersMayWrite(folder) && (folder.mode & STICKY) === 0;
  return isOpen ? `lies in a folder that others can write (chmod go-w ${dirname(path)})` : null;
}

/** Whether a path lies in a `.git` folder, to which nothing can be committed. */
export function isInGitFolder(path: string): boolean {
  return path.split(sep).includes('.git');
}
