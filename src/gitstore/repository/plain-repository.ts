/**
 * Finds an ordinary repository, and reads its configuration, as git would: starting git to ask takes as long as a whole
 * command. Anything unusual is left to git.
 */
import { lstatSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { hasCode, isOfSystem } from '../../model/value/error-codes.js';
import { parseGitConfig, usersFolder } from '../embedded/git-config.js';
import { GIT_OPTIONS } from '../process/git-environment.js';
import type { Repository } from './repository.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Folders of the git whose system configuration is `/etc/gitconfig`. */
const SYSTEM_GIT = ['/usr/bin', '/bin'];
/** Largest configuration file that is read here, in bytes. */
const MAX_CONFIG = 256 * 1024;
/** Variables that change how git finds a repository or its configuration, besides those that are read here. */
const ELSEWHERE =
  /^GIT_(CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|CONFIG(?!_(GLOBAL|SYSTEM|NOSYSTEM)$).*)$/;
/** What HEAD holds: a branch, or a commit. */
const HEAD = /^(ref: refs\/heads\/[^\n]+|[0-9a-f]{40})\n$/;
const LINE =
  /^(?:[ \t]*|[ \t]*[#;].*|\[[A-Za-z0-9.-]+(?: "[^"\\]*")?\]|[ \t]*[A-Za-z][A-Za-z0-9-]*(?: ?= ?(?:[^\s"\\#;](?:[^"\\#;\t]*[^\s"\\#;])?|"[^"\\\t]*")?)?)$/;
/** A comment or nothing. */
const IDLE = /^[ \t]*(?:[#;]|$)/;
/** git gives these characters meanings of their own, or refuses them. */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f\ufeff]/;
/** Settings by which a repository is not an ordinary one, or which name more files. */
const UNUSUAL =
  /^(include\.|includeif\.|extensions\.(?!partialclone$)|core\.worktree$|safe\.barerepository$)/;

/** Reads a text file; null if there is none. */
function textAt(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}

function statsOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

/** Parses a configuration file without quotes within values, escapes and comments behind them; null for any other. */
function plainConfig(text: string): ReturnType<typeof parseGitConfig> | null {
  if (text.length > MAX_CONFIG || CONTROL.test(text)) return null;
  const lines = text.split('\n');
  const first = lines.find((line) => !IDLE.test(line));
  const isPlain = first?.startsWith('[') !== false && lines.every((line) => LINE.test(line));
  return isPlain ? parseGitConfig(text) : null;
}

/** Files of the system and of the user, in git's order; null if they are not known. */
function configFiles(environment: Environment): readonly string[] | null {
  const { HOME: home, GIT_CONFIG_GLOBAL: named, GIT_CONFIG_SYSTEM: system } = environment;
  const withoutSystem = environment['GIT_CONFIG_NOSYSTEM'] ?? '0';
  const folder = usersFolder(environment);
  if (!home || !folder || !/^[01]$/.test(withoutSystem)) return null;
  // git starts in another folder than this process.
  if (![home, folder, named ?? '/', system ?? '/'].every((path) => isAbsolute(path))) return null;
  const ofSystem = system ?? (isSystemGit(environment['PATH'] ?? '') ? '/etc/gitconfig' : null);
  if (withoutSystem === '0' && ofSystem === null) return null;
  return [
    ...(withoutSystem === '0' && ofSystem !== null ? [ofSystem] : []),
    ...(named === undefined ? [join(folder, 'config'), join(home, '.gitconfig')] : [named]),
  ];
}

/**
 * Whether the git in PATH is the system's, and no link to another: where others look for their system configuration only
 * they know.
 * @param ofSystem folders of the system's git
 */
export function isSystemGit(path: string, ofSystem: readonly string[] = SYSTEM_GIT): boolean {
  const folders = path.split(delimiter);
  const found = folders.find((folder) => !isAbsolute(folder) || isFile(join(folder, 'git')));
  return found !== undefined && ofSystem.includes(found) && lstatSync(join(found, 'git')).isFile();
}

/** Whether a file can be seen: the system passes over folders of PATH that the user may not search. */
function isFile(path: string): boolean {
  try {
    return statsOf(path)?.isFile() === true;
  } catch (error) {
    if (isOfSystem(error)) return false;
    throw error;
  }
}

interface Found {
  /** HEAD is in it. */
  readonly gitDir: string;
  readonly commonDir: string;
  readonly workTree: string | null;
}

/** The git folder at a path, if it is one. @param workTree the folder that is checked out from it */
function foundAt(gitDir: string, workTree: string | null): Found | null {
  const head = textAt(join(gitDir, 'HEAD'));
  if (head === null || !HEAD.test(head) || lstatSync(join(gitDir, 'HEAD')).isSymbolicLink()) return null;
  const linked = textAt(join(gitDir, 'commondir'))?.trimEnd();
  const commonDir = linked === undefined ? gitDir : resolve(gitDir, linked);
  const isWhole = ['objects', 'refs'].every((name) => statsOf(join(commonDir, name))?.isDirectory());
  return isWhole ? { gitDir, commonDir, workTree } : null;
}

/** Finds the repository that contains a folder, given without symbolic links; null if git is to look for it. */
function locate(folder: string): Found | null {
  const { dev } = statSync(folder);
  for (let at = folder; ; at = dirname(at)) {
    const own = join(at, '.git');
    const stats = lstatSync(own, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return foundAt(own, at);
    if (stats !== undefined) {
      const named = stats.isFile() ? /^gitdir: ([^\n]+)\n$/.exec(textAt(own) ?? '')?.[1] : undefined;
      return named === undefined ? null : foundAt(resolve(at, named), at);
    }
    if (statsOf(join(at, 'HEAD')) !== null && statsOf(join(at, 'objects')) !== null) return foundAt(at, null);
    // git does not leave the file system, and says itself that there is no repository.
    if (dirname(at) === at || statSync(dirname(at)).dev !== dev) return null;
  }
}

/**
 * Finds the repository that contains a folder, with git's answers; null if git itself is to be asked: outside of a
 * repository, and if the repository or its configuration is anything but ordinary.
 * @param environment as git sees it
 * @param user uid whose repositories are trusted
 */
export function plainRepository(
  folder: string,
  environment: Environment,
  user: number,
): Omit<Repository, 'isShallow'> | null {
  if (Object.keys(environment).some((name) => ELSEWHERE.test(name))) return null;
  const files = configFiles(environment);
  if (files === null) return null;
  try {
    const found = locate(realpathSync(folder));
    if (found === null) return null;
    const { gitDir, workTree } = found;
    const commonDir = realpathSync(found.commonDir);
    const owned = [gitDir, commonDir, ...(workTree === null ? [] : [workTree, join(workTree, '.git')])];
    if (owned.some((path) => statSync(path).uid !== user)) return null;
    const config = new Map<string, string>();
    for (const file of [...files, join(commonDir, 'config')]) {
      const settings = plainConfig(textAt(file) ?? '');
      if (settings === null || settings.some(([key]) => UNUSUAL.test(key))) return null;
      for (const [key, value] of settings) config.set(key, value);
    }
    if (!isOrdinary(config, workTree === null)) return null;
    for (const [key, value] of GIVEN) config.set(key, value);
    return { commonDir, workTree, config };
  } catch (error) {
    // git says what is in the way.
    if (isOfSystem(error)) return null;
    throw error;
  }
}

/** Whether a repository has the usual format, and is bare if, and only if, it says so. */
function isOrdinary(config: Repository['config'], isBare: boolean): boolean {
  const version = config.get('core.repositoryformatversion') ?? '0';
  if (version !== (config.has('extensions.partialclone') ? '1' : '0') && version !== '1') return false;
  return config.get('core.bare') === String(isBare);
}

/** The settings that every git process is given. */
const GIVEN = GIT_OPTIONS.flatMap((option, i) => {
  const cut = option.indexOf('=');
  return GIT_OPTIONS[i - 1] === '-c'
    ? [[option.slice(0, cut).toLowerCase(), option.slice(cut + 1)] as const]
    : [];
});
