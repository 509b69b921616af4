/** Starts and ends every child process of kgit: nothing else imports `node:child_process`. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';

/** A child whose three standard streams are pipes to this process. */
export type PipedChild = ChildProcessWithoutNullStreams;

type Environment = Readonly<Record<string, string | undefined>>;

export interface StartOptions {
  /** The child's whole environment; that of this process where left out. */
  readonly environment?: Environment;
  readonly cwd?: string | undefined;
  /** Puts it into a process group and session of its own, without a terminal, so that all it starts ends with it. */
  readonly ownGroup?: boolean | undefined;
}

/** Time limit of a program for which this process waits, in ms. */
const ASK_MS = 60_000;
/** Time between the request to end and SIGKILL, in ms. */
const KILL_AFTER_MS = 2_000;
const groups = new Set<ChildProcess>();

/** Starts a program, without a shell, whose streams the caller drives. */
export function startChild(program: string, args: readonly string[], options: StartOptions): PipedChild {
  const { environment, cwd, ownGroup = false } = options;
  const child = spawn(program, args, {
    env: environment,
    cwd,
    stdio: 'pipe',
    windowsHide: true,
    detached: ownGroup,
  });
  if (ownGroup) {
    groups.add(child);
    child.once('close', () => groups.delete(child));
  }
  return child;
}

/** What a program said that ran to its end. */
interface Answer {
  /** Exit code; null where a signal ended it or it never ran. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it could not be run to its end; null if it was. */
  readonly failure: NodeJS.ErrnoException | null;
}

/** Runs a program, without a shell and without input, while this process waits: for an answer that takes a few milliseconds. */
export function askProgram(
  program: string,
  args: readonly string[],
  { environment, cwd }: Omit<StartOptions, 'ownGroup'>,
): Answer {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    env: environment,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    encoding: 'utf8',
    timeout: ASK_MS,
  });
  return { code: status, stdout: stdout ?? '', stderr: stderr ?? '', failure: error ?? null };
}

/** Starts a program that shares the terminal and the process group of this process. */
export function startOnTerminal(
  program: string,
  args: readonly string[],
  options: {
    readonly environment: Environment;
    readonly stdin: 'inherit' | 'pipe';
    /** Which of this process's streams its standard output is. */
    readonly stdout: 'stdout' | 'stderr';
  },
): ChildProcess {
  const { environment, stdin, stdout } = options;
  return spawn(program, args, {
    env: environment,
    stdio: [stdin, stdout === 'stdout' ? 'inherit' : 2, 'inherit'],
  });
}

/** Starts a program that outlives this process: nothing waits for it, and it holds no stream of ours. */
export function leaveChild(
  program: string,
  args: readonly string[],
  options: Omit<StartOptions, 'ownGroup'> & { readonly isLowPriority: boolean },
): void {
  const { environment, cwd, isLowPriority } = options;
  const child = spawn(program, args, {
    env: environment,
    cwd,
    stdio: 'ignore',
    windowsHide: true,
    detached: true,
  });
  // Whoever needs the program in the foreground reports that it cannot run.
  child.on('error', () => undefined);
  if (isLowPriority) child.on('spawn', () => lowerPriority(child.pid));
  child.unref();
}

function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or the system has no priorities.
  }
}

/** Sets whether this process stays alive for a child and its streams. */
export function holdChild(child: PipedChild, isHeld: boolean): void {
  for (const part of [child, child.stdin, child.stdout, child.stderr]) {
    if (!('pid' in part) && !(part instanceof Socket)) continue;
    if (isHeld) part.ref();
    else part.unref();
  }
}

/** Whether a child was started and has not ended. */
export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended already.
  }
}

/**
 * Ends a child, with its whole group where it leads one: SIGTERM, and SIGKILL 2 seconds later.
 * @param isForced sends SIGKILL at once
 */
export function stopChild(child: PipedChild, isForced = false): void {
  const send = (signal: NodeJS.Signals) =>
    groups.has(child) ? signalGroup(child, signal) : void child.kill(signal);
  const kill = () => {
    send('SIGKILL');
    // A grandchild that no signal reaches may hold the pipes open.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  if (isForced) {
    kill();
    return;
  }
  send('SIGTERM');
  const timer = setTimeout(kill, KILL_AFTER_MS);
  child.once('close', () => clearTimeout(timer));
}

const endings = new Set<() => Promise<void>>();

/**
 * Has `end` called before this process is ended by a signal, for a child that leads no group.
 * @returns what takes that back
 */
export function endWithUs(end: () => Promise<void>): () => void {
  endings.add(end);
  return () => void endings.delete(end);
}

/** Ends what this process started, before it ends itself by `signal`. */
export async function endChildren(signal: NodeJS.Signals): Promise<void> {
  for (const child of groups) signalGroup(child, signal);
  await Promise.all([...endings].map((end) => end()));
}
