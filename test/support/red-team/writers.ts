/** Everybody who could have written a settings file, and where. */
import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FileId } from '../../../scripts/docs/who-writes.js';
import { bareRepository, emptyRepository, git, temporaryFolder } from '../git-fixtures.js';
import { commitFiles, MARKER, sharedState } from '../state-repository.js';

/** How far a file is trusted: with all that files may set, with what everybody may, with nothing; `refused`: as everybody, and the rest ends the command. */
export type Trust = 'all' | 'shared' | 'none' | 'refused';

export interface Writer {
  readonly row: FileId;
  readonly trust: Trust;
  /** Whether only root can try it, because it gives files away. */
  readonly asRoot?: boolean;
  /** The file, the current folder, and further arguments of kgit. */
  readonly place: () => { file: string; cwd: string; env?: Record<string, string>; isNamed?: boolean };
  /** What happens to the file after it is written. */
  readonly after?: (file: string) => void;
}

export const RC = '.kgitrc.yaml';
const XDG = 'kgit/config.yaml';
const inFolder = (cwd: string, file = join(cwd, RC)) => ({ file, cwd });
const below = (folder: string, ...more: string[]) => {
  const path = join(folder, ...more);
  mkdirSync(path, { recursive: true });
  return path;
};
const CI = { CI: 'true' };
const named = (folder: string, env = {}) => ({
  ...{ file: join(folder, 'team.yaml'), cwd: temporaryFolder(), env, isNamed: true },
});

function stateCheckout(): string {
  const path = emptyRepository();
  commitFiles(path, { 'kgit.yaml': MARKER });
  return path;
}

function worktree(): string {
  const path = join(temporaryFolder(), 'tree');
  git(stateCheckout(), 'worktree', 'add', '--quiet', path, '-b', 'other');
  return path;
}

function submodule(): string {
  const path = emptyRepository();
  const allow = ['-c', 'protocol.file.allow=always'];
  git(path, ...allow, 'submodule', '--quiet', 'add', sharedState(), 'sub');
  return join(path, 'sub');
}

export const WRITERS: Readonly<Record<string, Writer>> = {
  'a folder outside': { row: 'project', trust: 'all', place: () => inFolder(temporaryFolder()) },
  'a folder above': {
    ...{ row: 'project', trust: 'all' },
    place: () => {
      const top = temporaryFolder();
      return inFolder(below(top, 'a/b'), join(top, RC));
    },
  },
  'a folder above a checkout': {
    ...{ row: 'project', trust: 'all' },
    place: () => {
      const top = temporaryFolder();
      git(top, 'init', '--quiet', 'state');
      return inFolder(join(top, 'state'), join(top, RC));
    },
  },
  'a folder like /tmp': {
    ...{ row: 'project', trust: 'all' },
    place: () => inFolder(temporaryFolder()),
    after: (file) => chmodSync(join(file, '..'), 0o1777),
  },
  'the top of a checkout': {
    ...{ row: 'project-committed', trust: 'shared' },
    place: () => inFolder(stateCheckout()),
  },
  'a checkout levels above': {
    ...{ row: 'project-committed', trust: 'shared' },
    place: () => inFolder(below(emptyRepository(), 'a/b/c')),
  },
  'a checkout without a git that reads it': {
    ...{ row: 'project-committed', trust: 'shared' },
    place: () => {
      const top = temporaryFolder();
      mkdirSync(join(top, '.git'));
      return inFolder(top);
    },
  },
  'a submodule': { row: 'project-committed', trust: 'shared', place: () => inFolder(submodule()) },
  'a worktree': { row: 'project-committed', trust: 'shared', place: () => inFolder(worktree()) },
  'a bare repository': {
    ...{ row: 'project-committed', trust: 'shared' },
    place: () => inFolder(bareRepository()),
  },
  'a link into a checkout': {
    ...{ row: 'project-committed', trust: 'shared' },
    place: () => {
      const link = join(temporaryFolder(), 'link');
      symlinkSync(below(emptyRepository(), 'a'), link);
      return inFolder(link);
    },
  },
  'an exported tree in CI': {
    ...{ row: 'project-committed', trust: 'shared' },
    place: () => ({ ...inFolder(temporaryFolder()), env: CI }),
  },
  'a home that is a checkout': {
    ...{ row: 'project-committed', trust: 'shared' },
    place: () => {
      const home = emptyRepository();
      return { ...inFolder(below(home, 'notes'), join(home, RC)), env: { HOME: home } };
    },
  },
  'somebody else': {
    ...{ row: 'project', trust: 'none', asRoot: true },
    place: () => inFolder(temporaryFolder()),
    after: (file) => chownSync(file, 4711, 4711),
  },
  'a symbolic link': {
    ...{ row: 'project', trust: 'none' },
    place: () => inFolder(temporaryFolder()),
    after: (file) => {
      renameSync(file, `${file}.real`);
      symlinkSync(`${file}.real`, file);
    },
  },
  'a file for all to write': {
    ...{ row: 'project', trust: 'none' },
    place: () => inFolder(temporaryFolder()),
    after: (file) => chmodSync(file, 0o646),
  },
  'a file for a group to write': {
    ...{ row: 'project', trust: 'none', asRoot: true },
    place: () => inFolder(temporaryFolder()),
    after: (file) => {
      chownSync(file, 0, 4711);
      chmodSync(file, 0o664);
    },
  },
  'a folder for all to write': {
    ...{ row: 'project', trust: 'none' },
    place: () => inFolder(temporaryFolder()),
    after: (file) => chmodSync(join(file, '..'), 0o777),
  },
  'the home': {
    ...{ row: 'user', trust: 'all' },
    place: () => {
      const home = temporaryFolder();
      return { file: join(home, '.config', XDG), cwd: temporaryFolder(), env: { HOME: home } };
    },
  },
  'dotfiles in the home': {
    ...{ row: 'user', trust: 'all' },
    place: () => {
      const home = emptyRepository();
      return { file: join(home, '.config', XDG), cwd: home, env: { HOME: home } };
    },
  },
  'dotfiles elsewhere': {
    ...{ row: 'user', trust: 'all' },
    place: () => {
      const dots = emptyRepository();
      return { file: join(dots, XDG), cwd: stateCheckout(), env: { XDG_CONFIG_HOME: dots } };
    },
  },
  'a home that is a checkout, in CI': {
    ...{ row: 'user-committed', trust: 'shared' },
    place: () => {
      const home = emptyRepository();
      return { file: join(home, '.config', XDG), cwd: temporaryFolder(), env: { HOME: home, ...CI } };
    },
  },
  'XDG_CONFIG_HOME in the checkout stood in': {
    ...{ row: 'user-committed', trust: 'shared' },
    place: () => {
      const path = stateCheckout();
      return { file: join(path, '.config', XDG), cwd: path, env: { XDG_CONFIG_HOME: join(path, '.config') } };
    },
  },
  '--config': { row: 'named', trust: 'all', place: () => named(temporaryFolder()) },
  '--config in a checkout of scripts': {
    ...{ row: 'named', trust: 'all' },
    place: () => named(emptyRepository()),
  },
  '--config in a state repository': {
    ...{ row: 'named', trust: 'refused' },
    place: () => named(stateCheckout()),
  },
  '--config in a checkout, in CI': {
    ...{ row: 'named', trust: 'refused' },
    place: () => named(below(emptyRepository(), 'etc'), CI),
  },
};
