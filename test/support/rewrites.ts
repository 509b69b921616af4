import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cloneOf, git, temporaryFolder } from './git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from './kgit.js';
import { MARKER, sharedState } from './state-repository.js';

/** As long as its replacement, because a stream of `git fast-export` contains lengths. */
export const LEAK = 'hunter22';
const REMOVED = 'REMOVED!';

/** What an administrator does to the branch on the server, with real git. */
export const REWRITES = {
  /** Removes the last commit. */
  reset: (remote: string) => git(remote, 'update-ref', 'refs/heads/main', 'main~1'),
  /** Squashes all commits after the root. */
  squash: (remote: string) => {
    const root = git(remote, 'rev-list', '--max-parents=0', 'main');
    move(remote, git(remote, 'commit-tree', 'main^{tree}', '-p', root, '-m', 'squashed'));
  },
  /** Amends the last commit with a value replaced. */
  amend: (remote: string) => {
    const path = temporaryFolder();
    git(path, 'clone', '--quiet', remote, '.');
    for (const file of git(path, 'grep', '-l', 'third', '--', '*third.yaml').split('\n'))
      execFileSync('sed', ['-i', 's/user: .*/user: somebody/', join(path, file)]);
    git(path, 'commit', '--quiet', '--amend', '-a', '-m', 'amended');
    git(path, 'push', '--quiet', '--force', 'origin', 'main');
    rmSync(path, { recursive: true });
  },
  /** Rewrites every commit from the root. */
  'filter-repo': (remote: string) => {
    const stream = execFileSync('git', ['fast-export', 'main'], { cwd: remote, encoding: 'utf8' });
    const input = stream.replaceAll(LEAK, REMOVED);
    execFileSync('git', ['fast-import', '--quiet', '--force'], { cwd: remote, input });
  },
} as const;
export type RewriteName = keyof typeof REWRITES;

function move(remote: string, to: string): void {
  git(remote, 'update-ref', 'refs/heads/main', to);
}

/** A kind of clone: arguments for kgit, and where it runs. */
export interface Client {
  readonly cwd: string;
  /** The repository that kgit works in. */
  readonly path: string;
  run(...args: string[]): Promise<KgitRun>;
  json(...args: string[]): Promise<KgitRun['json']>;
}

export const CLIENTS = {
  checkout: (remote: string) => client(cloneOf(remote), []),
  bare: (remote: string) => {
    const path = join(temporaryFolder(), 'clone.git');
    git('.', 'clone', '--quiet', '--bare', remote, path);
    return client(path, []);
  },
  URL: (remote: string) => {
    const [folder, url] = [temporaryFolder(), `file://${remote}`];
    const env = { XDG_CACHE_HOME: join(folder, 'cache'), XDG_STATE_HOME: join(folder, 'state') };
    return client(folder, ['--repo', url], env);
  },
} as const;
export type ClientName = keyof typeof CLIENTS;

function client(cwd: string, more: readonly string[], env: Record<string, string> = {}): Client {
  return {
    ...{ cwd, path: cwd },
    run: (...args) => kgit(cwd, [...args, ...more], { env }),
    json: (...args) => kgitJson(cwd, [...args, ...more], { env }),
  };
}

/** A remote whose root commit holds a value that leaked. */
export function leakyState(): string {
  const remote = sharedState({ 'kgit.yaml': MARKER, 'deployments/dep-a/state.yaml': `note: ${LEAK}\n` });
  git(remote, 'config', 'uploadpack.allowFilter', 'true');
  return remote;
}

/** The actions of the events at the remote's tip, in order. */
export function actions(remote: string): string[] {
  const names = git(remote, 'ls-tree', '-r', '--name-only', 'main').split('\n');
  return names.flatMap((name) => /\/\w+-([a-z]+)\.yaml$/.exec(name)?.[1] ?? []).sort();
}

/** Whether the branch of the remote contains a commit. */
export function contains(remote: string, commit: string): boolean {
  return git(remote, 'rev-list', 'main').split('\n').includes(commit);
}
