import { simpleGit } from 'simple-git';
import { RemoteError, UsageError } from '../errors.js';
import { TIMED_OUT, withoutCredentials } from './git.js';
import { gitEnvironment } from './git-environment.js';
import { remoteFailure } from './push-outcome.js';
import { BRANCH_KEY } from './repository.js';

export interface CloneOptions {
  /** The state branch, also of every later command in the clone; the default ones if left out. */
  readonly branch: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  /** Percent of the current stage. */
  readonly onProgress?: (stage: string, percent: number) => void;
}

/** Clones `url` into the new folder `folder`. Throws RemoteError, UsageError. */
export async function cloneRepository(url: string, folder: string, options: CloneOptions): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), options.timeoutMs);
  const git = simpleGit({
    abort: abort.signal,
    progress: ({ stage, progress }) => options.onProgress?.(stage, progress),
    // The environment is the user's own, allow-listed: what it says of ssh and helpers is meant.
    unsafe: {
      allowUnsafeSshCommand: true,
      allowUnsafeAskPass: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeGitProxy: true,
      allowUnsafeTerminalPrompt: true,
      // Only to leave the user's template, and the hooks in it, out.
      allowUnsafeTemplateDir: true,
    },
  } as Parameters<typeof simpleGit>[0]).env(gitEnvironment(options.environment));
  const branch =
    options.branch === undefined
      ? []
      : ['--branch', options.branch, '--config', `${BRANCH_KEY}=${options.branch}`];
  try {
    await git.clone(url, folder, ['--no-recurse-submodules', '--template=', ...branch]);
  } catch (cause) {
    const text = (cause as Error).message;
    if (/already exists and is not an empty directory/.test(text)) {
      throw new UsageError(`the folder ${folder} is there already and not empty`, {
        suggestions: ['Choose another folder'],
        data: { path: folder },
      });
    }
    if (/Remote branch .* not found/.test(text)) {
      throw new RemoteError(`${withoutCredentials(url)} has no branch ${options.branch}`, {
        data: { branch: options.branch },
      });
    }
    const code = abort.signal.aborted ? TIMED_OUT : 128;
    throw remoteFailure({ code, stdout: Buffer.alloc(0), stderr: text }, withoutCredentials(url)).error;
  } finally {
    clearTimeout(timer);
  }
}
