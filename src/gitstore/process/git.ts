import { EnvironmentError } from '../../errors.js';
import { tokenVariables } from '../../model/value/access-token.js';
import { leaveChild, type PipedChild, startChild } from '../../process/child.js';
import { outputOf } from '../../process/child-output.js';
import { namingExtraHeader } from './extra-header.js';
import { GIT_OPTIONS, gitEnvironment } from './git-environment.js';
import { NO_TRANSPORT, offlineError, offlineFailure } from './offline.js';
import { type GitOptions, type RemoteAccess, remoteAccess } from './remote-access.js';
import { tellProgress, tellTalk, withoutProgress } from './told-wait.js';

/** Maximum output of one git command, in bytes. */
const MAX_OUTPUT = 512 * 1024 * 1024;

export interface GitResult {
  /** Exit code; 124 if git was ended at its time limit. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitCall {
  readonly input?: string | Buffer | Iterable<string | Buffer>;
  /** ms; only local commands run without a limit. */
  readonly timeout?: number;
  /** Working directory; by default the repository's folder. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Starts a process group and session of its own, without a terminal, so that all of it can be ended. */
  readonly ownGroup?: boolean;
  readonly onStderr?: (text: string) => void;
  /** Lets simple-git run it: for transfers off the hot path, such as a clone. It takes no input. */
  readonly isTransfer?: boolean;
}

/** How commands in a partial clone fetch missing objects; any command may need one. */
export interface LazyFetches {
  /** The remote to fetch from. */
  readonly remote: string;
  /** Time limit, in ms, of a command without one, and of an answer of cat-file. */
  readonly timeout: number;
  /** The error of a command whose fetch failed; null if it failed for another reason. */
  readonly failure: (result: Pick<GitResult, 'code' | 'stderr'>) => Error | null;
}

/** Exit code of a git that was ended at its time limit, as in timeout(1). */
export const TIMED_OUT = 124;

/** The error if git cannot be run. */
export function notThere(cause: NodeJS.ErrnoException): EnvironmentError {
  const missing = cause.code === 'ENOENT';
  return new EnvironmentError(
    missing ? 'git is not installed, or not in PATH' : `git cannot be run: ${cause.message}`,
    {
      cause,
      suggestions: [
        'Install git 2.34 or newer and see that PATH has it',
        ...(missing ? ['Or name the https URL of the repository: that needs no git'] : []),
      ],
    },
  );
}

/** Runs the system's git without a shell, in an allow-listed environment. */
export class Git {
  readonly #cwd: string;
  readonly #environment: Record<string, string>;
  readonly #prefix: readonly string[];
  readonly #tokens: Readonly<Record<string, string | undefined>>;
  readonly #access: GitOptions;
  readonly #known = new Map<string, Promise<RemoteAccess>>();
  #lazy: (LazyFetches & { readonly access: RemoteAccess }) | null = null;

  /**
   * @param cwd an existing folder
   * @param environment the user's; git sees only the allow-listed part
   * @param access how remotes are reached; by default with the user's configuration alone
   * @param prefix options before the subcommand, such as `--git-dir`
   */
  constructor(
    cwd: string,
    environment: Readonly<Record<string, string | undefined>>,
    access: GitOptions = {},
    prefix: readonly string[] = [],
  ) {
    this.#cwd = cwd;
    this.#environment = { ...gitEnvironment(environment), ...(access.isOffline ? NO_TRANSPORT : {}) };
    this.#tokens = tokenVariables(environment);
    this.#access = access;
    this.#prefix = [...GIT_OPTIONS, ...prefix];
  }

  /**
   * The same git for one repository. It runs in `folder`; relative remotes are resolved against it.
   * @param config the repository's configuration, if known
   */
  at(gitDir: string, folder = gitDir, config?: ReadonlyMap<string, string>): Git {
    const environment = { ...this.#environment, ...this.#tokens };
    const access = config ? { ...this.#access, config } : this.#access;
    return new Git(folder, environment, access, [`--git-dir=${gitDir}`]);
  }

  /**
   * Runs git against a remote, with the token for its host. Without a terminal ssh does not prompt. At the time limit
   * all that git started is ended. Throws RemoteError if no remote may be contacted.
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

  /** @param timeoutMs time limit for finding it out */
  #accessTo(remote: string, timeoutMs: number | undefined): Promise<RemoteAccess> {
    let access = this.#known.get(remote);
    if (!access) {
      const environment = this.#environment;
      access = remoteAccess(this, remote, this.#tokens, environment, this.#access, timeoutMs);
      this.#known.set(remote, access);
    }
    return access;
  }

  /** Lets every command fetch missing objects of a partial clone, with the same access as `talk`. */
  async fetchLazily(lazy: LazyFetches): Promise<void> {
    if (this.#access.isOffline === true) {
      this.#lazy = { ...lazy, failure: offlineFailure, access: { options: [], env: {} } };
      return;
    }
    const access = await this.#accessTo(lazy.remote, lazy.timeout);
    // As in other fetches: a copied repository may name another program.
    const options = ['-c', `remote.${lazy.remote}.uploadpack=git-upload-pack`, ...access.options];
    this.#lazy = { ...lazy, access: { ...access, options } };
  }

  /** The environment of every git process, but for access to remotes. */
  get environment(): Readonly<Record<string, string>> {
    return this.#environment;
  }

  /** The tokens of the environment, and their hosts: secrets. */
  get tokens(): Readonly<Record<string, string | undefined>> {
    return this.#tokens;
  }

  /** How missing objects are fetched; null in a full clone. */
  get lazyFetches(): LazyFetches | null {
    return this.#lazy;
  }

  /** Starts a git process whose streams the caller drives. Throws EnvironmentError if git cannot be used. */
  start(args: readonly string[], call: GitCall = {}): PipedChild {
    this.#access.beforeStart?.();
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
   * Runs git to its end. Any exit code is a result. Throws EnvironmentError if git cannot run at all, and RemoteError if
   * it could not fetch a missing object of a partial clone.
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
    this.#access.beforeStart?.();
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

  /** Runs git and returns its output without the last line break. Throws EnvironmentError if it fails. */
  async text(args: readonly string[], call: GitCall = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, call);
    if (code === 0) return stdout.toString('utf8').replace(/\n$/, '');
    throw gitFailed(args, code, stderr);
  }
}

/** A lock file in this repository, not on the server. */
const LOCK_HERE = /^(?!remote:).*Unable to create '([^']+\.lock)': File exists/m;

/** The error for a lock file of git that stays, because another git is busy or has died; null for other failures. */
export function heldLock(stderr: string): EnvironmentError | null {
  const file = LOCK_HERE.exec(stderr)?.[1];
  if (!file) return null;
  return new EnvironmentError(`another git is at work here, or one that died has left its lock: ${file}`, {
    data: { path: file },
    suggestions: [`If no git runs in this repository, remove ${file}, then run the command again`],
  });
}

/** The error for a git command that failed unexpectedly. */
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

/** Removes user names and passwords from the URLs in a text. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^\s/@]*@/g, '$1');
}
