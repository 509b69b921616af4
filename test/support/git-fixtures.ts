import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/store/port/host.js';

/** A new empty folder. */
export function temporaryFolder(name = 'kgit-test-'): string {
  return realpathSync(mkdtempSync(join(tmpdir(), name)));
}

/** Runs the real git, as a user would; returns what it printed. */
export function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Grace', '-c', 'user.email=grace@example.com'];
  return execFileSync('git', [...identity, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

const packsOf = (path: string) =>
  readdirSync(join(git(path, 'rev-parse', '--absolute-git-dir'), 'objects/pack')).join();

/**
 * Throws where objects are missing or broken. git lists the packs before it reads them: what joins small packs in the
 * background, as after any write, can take one away in between.
 */
export function fsck(path: string, ...more: string[]): void {
  for (;;) {
    const packs = packsOf(path);
    try {
      git(path, 'fsck', '--strict', '--no-dangling', ...more);
      return;
    } catch (error) {
      if (packsOf(path) === packs) throw error;
    }
  }
}

/** An empty bare repository, as a server holds it. */
export function bareRepository(): string {
  const path = join(temporaryFolder('kgit-remote-'), 'state.git');
  mkdirSync(path);
  git(path, 'init', '--quiet', '--bare', '--initial-branch=main');
  return path;
}

/** An empty repository with a checkout of an unborn branch. */
export function emptyRepository(): string {
  const path = temporaryFolder('kgit-repo-');
  git(path, 'init', '--quiet', '--initial-branch=main');
  return path;
}

/** A clone of a remote. */
export function cloneOf(remote: string): string {
  const path = temporaryFolder('kgit-clone-');
  git(path, 'clone', '--quiet', remote, '.');
  return path;
}

/** A remote and a clone of it. */
export interface RemoteAndClone {
  readonly remote: string;
  readonly path: string;
}

/** Copies a remote and a clone of it, which then has the copy as its remote: cheaper than to make them again. */
export function copyOf(pair: RemoteAndClone): RemoteAndClone {
  const folder = temporaryFolder('kgit-copy-');
  const [remote, path] = [join(folder, 'state.git'), join(folder, 'clone')];
  cpSync(pair.remote, remote, { recursive: true });
  cpSync(pair.path, path, { recursive: true, verbatimSymlinks: true });
  git(path, 'remote', 'set-url', 'origin', remote);
  // The index knows the files that were copied by other inodes.
  git(path, 'update-index', '--refresh');
  return { remote, path };
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: () => Math.random(),
};
