import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cloneOf, temporaryFolder } from '../git-fixtures.js';
import { PROGRAM } from '../kgit.js';

export interface Machine {
  /** The program that runs kgit; the Node of the tests where left out. */
  readonly node?: string;
  /** Changes to the environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs one command of kgit on this machine and expects success; its standard output. */
export function runOn(
  { node = process.execPath, env = {} }: Machine,
  cwd: string,
  ...args: string[]
): string {
  try {
    return execFileSync(node, [PROGRAM, ...args], {
      cwd,
      env: { ...process.env, KGIT_USER: 'ada', ...env },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`kgit ${args.join(' ')}: ${stdout}${stderr}`, { cause: error });
  }
}

/**
 * Goes through the main use cases with two clones below `folder`: writes, the outbox, conditions, locks and reads. Expects that
 * both checkouts follow and that nothing is left behind.
 */
export function shortTour(folder: string, machine: Machine): void {
  const kgit = (cwd: string, ...args: string[]) => runOn(machine, cwd, ...args);
  const [remote, first, second] = ['remote.git', 'first', 'second'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(folder, { recursive: true });
  kgit(folder, 'init', first, '--remote', remote, '--deployment', 'dep-a');
  kgit(folder, 'clone', remote, second);
  kgit(first, 'push-event', 'touched', '--cluster', 'team/c');
  kgit(second, 'push-event', 'touched', '--cluster', 'team/c', '--queue');
  kgit(second, 'sync');
  expect(kgit(first, 'log', 'cluster/team/c', '--fetch', '-o', 'jsonl').trim().split('\n')).toHaveLength(2);
  kgit(second, 'set', '--create-key', 'a.b=1', '--deployment', 'dep-a', '--if-absent', 'a.b');
  kgit(first, 'sync');
  expect(kgit(first, 'get', 'a.b', '--deployment', 'dep-a')).toBe('1\n');
  kgit(first, 'lock', 'network');
  expect(kgit(second, 'locks', '-o', 'name')).toContain('network');
  kgit(first, 'unlock', 'network');
  kgit(second, 'validate');
  const env = { ...process.env, ...machine.env };
  for (const clone of [first, second]) {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: clone, env, encoding: 'utf8' });
    git('fsck', '--strict');
    if (clone === second) git('pull', '--quiet', '--ff-only');
    expect(git('status', '--porcelain')).toBe('');
    expect(existsSync(join(clone, '.git/index.lock'))).toBe(false);
  }
  // By the git of the tests, which may be another one.
  execFileSync('git', ['fsck', '--strict'], { cwd: cloneOf(remote), stdio: 'pipe' });
}

/** A folder for a tour that is not below the home folder. */
export const tourFolder = (): string => join(temporaryFolder('kgit-tour-'), 'work');
