import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cloneOf, git, temporaryFolder } from '../git-fixtures.js';
import { commitFiles, sharedState } from '../state-repository.js';
import { NOBODY, type Place, plainRepository } from './place.js';

const GIT = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();

/** A git that says that it is 2.30, and works like the real one. */
export function oldGit(): Place {
  const folder = temporaryFolder('kgit-old-git-');
  const script = `#!/bin/sh\nfor word; do [ "$word" = version ] && echo 'git version 2.30.2' && exit; done\nexec ${GIT} "$@"\n`;
  writeFileSync(join(folder, 'git'), script, { mode: 0o755 });
  return { path: plainRepository(), env: { PATH: `${folder}:${process.env['PATH']}` } };
}

/** A machine without git. */
export function noGit(): Place {
  return { path: plainRepository(), env: { PATH: temporaryFolder('kgit-no-git-') } };
}

function owned(path: string, uid: number): string {
  execFileSync('chown', ['-R', String(uid), path]);
  return path;
}

/** No place of one's own: the developer's home is closed to other users. */
const HOMELESS = {
  HOME: '',
  SHELL: undefined,
  USER: undefined,
  LOGNAME: undefined,
  XDG_CONFIG_HOME: undefined,
  XDG_CACHE_HOME: undefined,
  XDG_STATE_HOME: undefined,
};

/** A container's user: a number without a name, a home or a git identity. */
export function nameless(): Place {
  const uid = 54_321;
  return { path: owned(plainRepository(), uid), env: HOMELESS, uid };
}

/** The same, where nothing names a home either. */
export function unhoused(): Place {
  const place = nameless();
  return { ...place, env: { ...place.env, HOME: undefined } };
}

/** A repository that belongs to another user than the one who runs kgit. */
export function foreign(): Place {
  const path = plainRepository();
  execFileSync('chmod', ['-R', 'a+rX', path]);
  return { path, uid: NOBODY, env: HOMELESS };
}

function sealed(path: string): Place {
  owned(path, NOBODY);
  execFileSync('chmod', ['-R', 'a-w', path]);
  return { path, uid: NOBODY, env: HOMELESS };
}

/** A repository that its user may not write to. */
export function readOnly(): Place {
  return sealed(plainRepository());
}

/** The same, a clone of a remote that could be asked. */
export function readOnlyClone(): Place {
  const remote = sharedState();
  const clone = cloneOf(remote);
  owned(dirname(remote), NOBODY);
  return sealed(clone);
}

/** A folder that may not be looked into. */
export function unreadable(): Place {
  const path = temporaryFolder('kgit-unreadable-');
  chmodSync(path, 0o755);
  return { path, uid: NOBODY, env: { ...HOMELESS, KGIT_REPO: join(plainRepository(), 'deployments') } };
}

function fill(folder: string): void {
  const file = openSync(join(folder, 'filler'), 'w');
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size, 1));
    } catch {
      // Full for pieces of this size; smaller ones may still fit.
    }
  }
  closeSync(file);
}

/** Moves a folder of a repository onto a small disk of its own that is full. */
export function fullDisk(path: string, folder: string): Place {
  const place = join(path, folder);
  const aside = `${place}.aside`;
  mkdirSync(place, { recursive: true });
  renameSync(place, aside);
  mkdirSync(place);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', place]);
  execFileSync('cp', ['-a', `${aside}/.`, place]);
  fill(place);
  return { path, end: () => void execFileSync('umount', ['--lazy', place]) };
}

/** A disk with no room left where kgit keeps its outbox, or where git keeps its objects. */
export const FULL_DISKS: Readonly<Record<string, () => Place>> = {
  outbox: () => fullDisk(plainRepository(), '.git/kgit'),
  objects: () => fullDisk(plainRepository(), '.git/objects'),
  clone: () => fullDisk(cloneOf(sharedState()), '.git/objects'),
  behind: () => {
    const remote = sharedState();
    const clone = cloneOf(remote);
    const other = cloneOf(remote);
    commitFiles(other, { 'more.txt': 'more\n' });
    git(other, 'push', '--quiet', 'origin', 'main');
    return fullDisk(clone, '.git/objects');
  },
};
