/** Transfers off the hot path, such as a clone: `simple-git` runs them and is loaded only for them. */
import { Readable } from 'node:stream';
import { type SimpleGitOptions, simpleGit } from 'simple-git';
import { endWithUs } from '../../process/child.js';
import { withObservedChildren } from '../../process/observed-children.js';
import { ProcessTree } from '../../process/process-tree.js';
import type { GitResult } from './git.js';
import { RECEIVE_PACK, UPLOAD_PACK } from './transfer-options.js';

export interface TransferOptions {
  readonly cwd: string;
  /** git's whole environment, as `gitEnvironment` allows it. */
  readonly environment: Readonly<Record<string, string>>;
  /** ms */
  readonly timeoutMs: number | undefined;
  /** Bytes of output after which git is ended. */
  readonly maxOutputBytes: number;
  readonly onStderr: ((text: string) => void) | undefined;
}

export interface Transfer extends GitResult {
  readonly timedOut: boolean;
}

type Unsafe = NonNullable<SimpleGitOptions['unsafe']>;

/** Allows what GIT_CONFIG_COUNT may configure: like the configuration file, it is the user's own. */
const USERS_CONFIGURATION: Unsafe = {
  allowUnsafeConfigEnvCount: true,
  allowUnsafeAlias: true,
  allowUnsafeEditor: true,
  allowUnsafePager: true,
  allowUnsafeDiffExternal: true,
  allowUnsafeDiffTextConv: true,
  allowUnsafeFilter: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeMergeDriver: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafePack: true,
  allowUnsafeTemplateDir: true,
};

/** What simple-git has to allow: kgit's own options and the user's variables that git gets. It refuses all else. */
function allowed(args: readonly string[], environment: TransferOptions['environment']): Unsafe {
  const hasVariable = (...names: string[]) => names.some((name) => Object.hasOwn(environment, name));
  return {
    // GIT_OPTIONS disables hooks and the file-system monitor; with a token credential helpers are disabled.
    allowUnsafeHooksPath: true,
    allowUnsafeFsMonitor: true,
    allowUnsafeCredentialHelper: true,
    allowUnsafePack: args.includes(UPLOAD_PACK) || args.includes(RECEIVE_PACK),
    allowUnsafeTemplateDir: args.includes('--template='),
    allowUnsafeAskPass: hasVariable('GIT_ASKPASS', 'SSH_ASKPASS'),
    allowUnsafeSshCommand: hasVariable('GIT_SSH', 'GIT_SSH_COMMAND'),
    allowUnsafeConfigPaths: hasVariable('GIT_CONFIG', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM'),
    allowUnsafeGitProxy: hasVariable('GIT_PROXY_COMMAND'),
    ...(hasVariable('GIT_CONFIG_COUNT') ? USERS_CONFIGURATION : {}),
  };
}

/**
 * Runs git to its end through simple-git. Any exit code is a result. Throws GitPluginError for unsafe arguments that are
 * not kgit's own.
 */
export async function transfer(args: readonly string[], options: TransferOptions): Promise<Transfer> {
  const { cwd, environment, timeoutMs, maxOutputBytes, onStderr } = options;
  let ended: GitResult = { code: 1, stdout: Buffer.alloc(0), stderr: '' };
  const git = simpleGit({
    baseDir: cwd,
    unsafe: allowed(args, environment),
    // By default the output counts as complete 50 ms after git has ended; a busy machine may not have read it by then.
    completion: { onClose: true, onExit: false },
    errors: (_error, { exitCode, stdOut, stdErr }) => {
      const stderr = Buffer.concat(stdErr).toString('utf8');
      ended = { code: exitCode, stdout: Buffer.concat(stdOut), stderr };
      // Every exit code is a result here.
      return undefined;
    },
  }).env({ ...environment });
  let tree: ProcessTree | null = null;
  let timedOut = false;
  const pipes: Readable[] = [];
  // simple-git would end git alone: ssh and the https helper go on without it.
  const end = async () => {
    await tree?.end();
    // A process that was not found may hold the pipes open.
    for (const pipe of pipes) pipe.destroy();
  };
  let size = 0;
  git.outputHandler((_command, stdout, stderr) => {
    for (const stream of [stdout, stderr]) {
      if (stream instanceof Readable) pipes.push(stream);
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxOutputBytes) void end();
      });
    }
    stderr.on('data', (chunk: Buffer) => onStderr?.(chunk.toString('utf8')));
  });
  const stop = () => {
    timedOut = true;
    void end();
  };
  const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs);
  let isEnding = false;
  const forget = endWithUs(() => {
    isEnding = true;
    return end();
  });
  try {
    await withObservedChildren(
      async () => git.raw([...args]),
      (pid) => {
        tree = new ProcessTree(pid, null);
      },
    );
  } finally {
    clearTimeout(timer);
    forget();
  }
  // The signal ends this process once git has ended: it reports no failure of a transfer that it broke off.
  if (isEnding) await new Promise(() => undefined);
  return { ...ended, timedOut };
}
