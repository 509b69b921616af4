import { EnvironmentError } from '../../errors.js';
import { leaveChild, type PipedChild, startChild } from '../../process/child.js';
import { outputOf } from '../../process/child-output.js';
import { tokenVariables } from './access-token.js';
import { namingExtraHeader } from './extra-header.js';
import { GIT_OPTIONS, gitEnvironment } from './git-environment.js';
import { NO_TRANSPORT, offlineError, offlineFailure } from './offline.js';
import { type AccessOptions, type RemoteAccess, remoteAccess } from './remote-access.js';
import { tellProgress, tellTalk, withoutProgress } from './told-wait.js';

/** Most that one git command may print, in bytes. */
const MAX_OUTPUT = 512 * 1024 * 1024;

export interface GitResult {
  /** Exit code; 124 when git was stopped because it took too long. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitCall {
  readonly input?: string | Buffer | Iterable<string | Buffer>;
  /** ms; without one git may take as long as it likes, which only local commands do. */
  readonly timeout?: number;
  /** Where it runs; the repository's folder where left out. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Puts it into a process group and session of its own, without a terminal, so that all of it can be ended. */
  readonly ownGroup?: boolean;
  readonly onStderr?: (text: string) => void;
  /** simple-git runs it: a transfer that no write waits for, such as a clone. It takes no input. */
  readonly isTransfer?: boolean;
}

/** How the commands of a partial clone fetch the objects that are not here: any of them may come upon one. */
export interface LazyFetches {
  /** Name of the remote that they are fetched from. */
  readonly remote: string;
  /** ms that a command may take where it has no limit of its own, and that an answer of cat-file may take. */
  readonly timeout: number;
  /** The error of a command whose fetch failed; null where it failed for another reason. */
  readonly failure: (result: Pick<GitResult, 'code' | 'stderr'>) => Error | null;
}

/** Exit code of a git that was stopped at its time-out, as timeout(1) has it. */
export const TIMED_OUT = 124;

/** The error for a git that cannot be run at all. */
export function notThere(cause: NodeJS.ErrnoException): EnvironmentError {
  const missing = cause.code === 'ENOENT';
  return new EnvironmentError(
    missing ? 'git is not installed, or not in PATH' : `git cannot be run: ${cause.message}`,
    {
      cause,
      suggestions: ['Install git 2.34 or newer and see that PATH has it'],
    },
  );
}

/** Runs system git: an argument vector, never a shell, in an allow-listed environment. */
export class Git {
  readonly #cwd: string;
  readonly #environment: Record<string, string>;
  readonly #prefix: readonly string[];
  readonly #tokens: Readonly<Record<string, string | undefined>>;
  readonly #access: AccessOptions;
  readonly #known = new Map<string, Promise<RemoteAccess>>();
  #lazy: (LazyFetches & { readonly access: RemoteAccess }) | null = null;

  /**
   * @param cwd an existing folder
   * @param environment the user's; what git may see of it is allow-listed
   * @param access how remotes are reached; left out: with the user's own configuration alone
   * @param prefix options before the subcommand, such as `--git-dir`
   */
  constructor(
    cwd: string,
    environment: Readonly<Record<string, string | undefined>>,
    access: AccessOptions = {},
    prefix: readonly string[] = [],
  ) {
    this.#cwd = cwd;
    this.#environment = { ...gitEnvironment(environment), ...(access.isOffline ? NO_TRANSPORT : {}) };
    this.#tokens = tokenVariables(environment);
    this.#access = access;
    this.#prefix = [...GIT_OPTIONS, ...prefix];
  }

  /**
   * The same git, aimed at one repository; it runs in `folder`, against which relative remotes are read.
   * @param config the repository's, where it is known
   */
  at(gitDir: string, folder = gitDir, config?: ReadonlyMap<string, string>): Git {
    const environment = { ...this.#environment, ...this.#tokens };
    const access = config ? { ...this.#access, config } : this.#access;
    return new Git(folder, environment, access, [`--git-dir=${gitDir}`]);
  }

  /**
   * Runs git against a remote: with the token for its host, ssh that asks nobody where nobody sits at a terminal,
   * and at the time-out an end of all that git started.
   * Throws RemoteError where no remote may be reached.
   * @param remote its name or URL, as it stands in `args`
   */
  async talk(remote: string, args: readonly string[], call: GitCall = {}): Promise<GitResult> {
    if (this.#access.isOffline === true) throw offlineError();
    const { options, env } = await this.#accessTo(remote, call.timeout);
    const ownGroup = this.#access.isInteractive !== true;
    const all = { ...call, ownGroup, env: { ...env, ...call.env } };
    const told = tellTalk(withoutCredentials(remote), args, this.#access);
    const onStderr = (text: string) => {
      call.onStderr?.(text);
      if (told !== null) tellProgress(text, told.wait);
    };
    try {
      const result = await this.#toItsEnd([...options, ...(told?.args ?? args)], { ...all, onStderr });
      const stderr = told === null ? result.stderr : withoutProgress(result.stderr);
      return await namingExtraHeader(this, remote, this.#tokens, { ...result, stderr });
    } finally {
      told?.wait.end();
    }
  }

  /** @param timeoutMs longest that finding it out may take */
  #accessTo(remote: string, timeoutMs: number | undefined): Promise<RemoteAccess> {
    let access = this.#known.get(remote);
    if (!access) {
      const environment = this.#environment;
      access = remoteAccess(this, remote, this.#tokens, environment, this.#access, timeoutMs);
      this.#known.set(remote, access);
    }
    return access;
  }

  /** From now on every command can fetch what a partial clone lacks, with the same access as `talk` has. */
  async fetchLazily(lazy: LazyFetches): Promise<void> {
    if (this.#access.isOffline === true) {
      this.#lazy = { ...lazy, failure: offlineFailure, access: { options: [], env: {} } };
      return;
    }
    const access = await this.#accessTo(lazy.remote, lazy.timeout);
    // As with other fetches: a copied repository may name another program.
    const options = ['-c', `remote.${lazy.remote}.uploadpack=git-upload-pack`, ...access.options];
    this.#lazy = { ...lazy, access: { ...access, options } };
  }

  /** How objects that are not here are fetched; null where all are here. */
  get lazyFetches(): LazyFetches | null {
    return this.#lazy;
  }

  /** Starts a git process whose streams the caller drives. */
  start(args: readonly string[], call: GitCall = {}): PipedChild {
    const access = this.#lazy?.access;
    return startChild('git', [...this.#prefix, ...(access?.options ?? []), ...args], {
      environment: { ...this.#environment, ...access?.env, ...call.env },
      cwd: call.cwd ?? this.#cwd,
      ownGroup: call.ownGroup ?? (this.#lazy !== null && this.#access.isInteractive !== true),
    });
  }

  /** Starts a git process of low priority that outlives this one. */
  leave(args: readonly string[]): void {
    const [environment, cwd] = [this.#environment, this.#cwd];
    leaveChild('git', [...this.#prefix, ...args], { environment, cwd, isLowPriority: true });
  }

  /**
   * Runs git to its end. Any exit code is a result; throws EnvironmentError only when git cannot run at all, and
   * RemoteError when it could not fetch what a partial clone lacks.
   */
  async run(args: readonly string[], call: GitCall = {}): Promise<GitResult> {
    const lazy = this.#lazy;
    if (lazy === null || call.timeout !== undefined) return this.#toItsEnd(args, call);
    const result = await this.#toItsEnd(args, { ...call, timeout: lazy.timeout });
    const failure = result.code === 0 ? null : lazy.failure(result);
    if (failure) throw failure;
    return result;
  }

  async #toItsEnd(args: readonly string[], call: GitCall): Promise<GitResult> {
    const { input, timeout, onStderr } = call;
    if (call.isTransfer) return this.#transfer(args, call);
    const { ended, code, failure, stdout, stderr } = await outputOf(this.start(args, call), {
      input,
      onStderr,
      timeoutMs: timeout,
      maxOutputBytes: MAX_OUTPUT,
    });
    if (failure !== null) throw notThere(failure);
    return { code: ended === 'timeout' ? TIMED_OUT : (code ?? 1), stdout, stderr };
  }

  async #transfer(args: readonly string[], call: GitCall): Promise<GitResult> {
    const { transfer } = await import('./transfer.js');
    const { code, stdout, stderr, timedOut } = await transfer([...this.#prefix, ...args], {
      cwd: call.cwd ?? this.#cwd,
      environment: { ...this.#environment, ...call.env },
      timeoutMs: call.timeout,
      maxOutputBytes: MAX_OUTPUT,
      onStderr: call.onStderr,
    });
    return { code: timedOut ? TIMED_OUT : code, stdout, stderr };
  }

  /** Runs git and returns what it printed, without the last line end. Throws EnvironmentError when it fails. */
  async text(args: readonly string[], call: GitCall = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, call);
    if (code === 0) return stdout.toString('utf8').replace(/\n$/, '');
    throw gitFailed(args, code, stderr);
  }
}

/** A lock file of this repository, not of a server that is talked to. */
const LOCK_HERE = /^(?!remote:).*Unable to create '([^']+\.lock)': File exists/m;

/** The error for a lock file of git's that stays: its git is at work for long, or has died; null where it was none. */
export function heldLock(stderr: string): EnvironmentError | null {
  const file = LOCK_HERE.exec(stderr)?.[1];
  if (!file) return null;
  return new EnvironmentError(`another git is at work here, or one that died has left its lock: ${file}`, {
    data: { path: file },
    suggestions: [`If no git runs in this repository, remove ${file}, then run the command again`],
  });
}

/** The error for a git command that should have worked. */
export function gitFailed(args: readonly string[], code: number, stderr: string): EnvironmentError {
  const lines = stderr
    .replace(/^(fatal|error): /gm, '')
    .trim()
    .split('\n');
  const detail = withoutCredentials(lines.slice(-3).join('; ')).slice(0, 500);
  const lock = heldLock(stderr);
  if (lock) return lock;
  const full = /No space left on device|Out of diskspace|Disk quota exceeded/.test(stderr);
  const denied = /Permission denied|Read-only file system|insufficient permission/.test(stderr);
  const unsafe = /dubious ownership/.test(stderr);
  return new EnvironmentError(
    `git ${args[0]} failed (${code}): ${unsafe ? 'the repository belongs to another user' : detail}`,
    {
      data: { command: args[0], code },
      suggestions: full
        ? ['Free some space and run the command again']
        : unsafe
          ? [
              'The repository belongs to another user: add it to safe.directory with git config --global, if you trust it',
            ]
          : denied
            ? ['Make the repository writable for you']
            : ["Check the repository with 'git fsck'"],
    },
  );
}

/** A text with user names and passwords of URLs taken out. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1');
}
