import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** Cache of what is expensive to make: repositories, other versions of Node, yq. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'kgit-bench');

const IDENTITY = '[user]\n\tname = bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n';

/** Folders and environment for the commands of one figure, separate from the user's; `trace` makes git record its processes. */
export class Surroundings {
  readonly root: string;
  readonly trace: string;
  /** The project's root. */
  readonly project: string;

  constructor(project: string) {
    this.project = project;
    this.root = mkdtempSync(join(tmpdir(), 'kgit-bench-'));
    this.trace = this.folder('trace');
    for (const name of ['home', 'cache', 'state', 'config']) this.folder(name);
    writeFileSync(join(this.root, 'gitconfig'), IDENTITY);
    writeFileSync(join(this.root, 'gitconfig-trace'), `${IDENTITY}[trace2]\n\teventTarget = ${this.trace}\n`);
  }

  /** A folder of this figure, created if missing. */
  folder(name: string): string {
    const path = join(this.root, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** The environment of measured commands. */
  env(extra: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
    const own = Object.entries(process.env).filter(([name]) => !/^(KGIT_|GIT_|XDG_|CI$|NODE_)/.test(name));
    return {
      ...Object.fromEntries(own),
      HOME: join(this.root, 'home'),
      XDG_CACHE_HOME: join(this.root, 'cache'),
      XDG_STATE_HOME: join(this.root, 'state'),
      XDG_CONFIG_HOME: join(this.root, 'config'),
      GIT_CONFIG_GLOBAL: join(this.root, 'gitconfig'),
      GIT_CONFIG_NOSYSTEM: '1',
      ...extra,
    };
  }

  /** The same, with git's trace2 written to `trace`. */
  tracedEnv(): Record<string, string | undefined> {
    return this.env({ GIT_CONFIG_GLOBAL: join(this.root, 'gitconfig-trace') });
  }

  git(cwd: string, ...args: string[]): string {
    return execFileSync('git', args, { cwd, env: this.env(), encoding: 'utf8', maxBuffer: 1 << 30 }).trim();
  }

  /** The program, run by `node`. */
  kgit(node: string, ...args: string[]): [string, ...string[]] {
    return [node, join(this.project, 'bin/run.js'), ...args];
  }

  baseline(name: string): string {
    return join(this.project, 'bench/baselines', name);
  }

  /** Removes everything; with hundreds of thousands of files, rm is the fastest way. */
  remove(): void {
    try {
      execFileSync('rm', ['-rf', '--', this.root], { stdio: 'ignore' });
    } catch {
      // The upkeep of a repository, which git does in the background, has just written a file there.
      rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** Reports progress on stderr. */
export function progress(message: string): void {
  process.stderr.write(`bench: ${message}\n`);
}

/** Returns a folder of the cache that `make` fills once; an interrupted run leaves none. */
export function cached(name: string, make: (folder: string) => void): string {
  const path = join(CACHE, name);
  if (existsSync(path)) return path;
  progress(`making ${name}`);
  mkdirSync(CACHE, { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(join(temporary, '..'), { recursive: true });
  make(temporary);
  renameSync(temporary, path);
  return path;
}

/** A cached repository made by `bench/make-repository.mjs`. Never write to it. */
function generated(project: string, name: string, ...args: readonly (string | number)[]): string {
  return cached(name, (folder) => {
    const script = join(project, 'bench/make-repository.mjs');
    execFileSync(process.execPath, [script, folder, ...args.map(String)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  });
}

/** A bare state repository with this many events, spread evenly over clusters and the months of a year. */
export function madeRepository(project: string, events: number, clusters: number): string {
  return generated(project, `events-${events}-over-${clusters}.git`, events, clusters);
}

/** The same with all events in sealed months. Made sealed, because compacting a million files takes an hour. */
export function sealedRepository(project: string, events: number, clusters: number): string {
  const name = `events-${events}-over-${clusters}-all-sealed.git`;
  return generated(project, name, events, clusters, 'sealed');
}

/** The same, and a tenth more in the weeks after, unsealed, with a commit for each. */
export function grownRepository(project: string, events: number, clusters: number): string {
  return generated(project, `events-${events}-over-${clusters}-grown.git`, events, clusters, 'grown');
}

/** The same with a deployment instead of the first cluster, whose events change its state. */
export function changedRepository(project: string, events: number, subjects: number): string {
  return generated(project, `events-${events}-over-${subjects}-changed.git`, events, subjects, 'changed');
}

/** A repository whose months before a date were sealed by kgit itself. */
export function compactedRepository(surroundings: Surroundings, made: string, before: string): string {
  return cached(`${basename(made, '.git')}-sealed-${before}.git`, (folder) => {
    restore(made, folder);
    const [node, ...args] = surroundings.kgit(
      process.execPath,
      'compact',
      '--before',
      before,
      '--repo',
      folder,
    );
    execFileSync(node, [...args, '--timeout', '30m'], {
      env: surroundings.env(),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  });
}

/** A writable copy of a bare repository: a separate server. */
export function serverOf(surroundings: Surroundings, repository: string, name: string): string {
  const path = join(surroundings.root, name);
  execFileSync('cp', ['-a', repository, path]);
  return path;
}

/** Replaces `to` by a copy of a folder. */
export function restore(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
}
