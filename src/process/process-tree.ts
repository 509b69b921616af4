import { readdir, readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../model/value/error-codes.js';
import { startChild } from './child.js';
import { outputOf } from './child-output.js';

const KILL_AFTER_MS = 10_000;
/** What survives SIGKILL this long cannot be ended: it is another user's, or blocked in the kernel. */
const GIVE_UP_AFTER_MS = 15_000;
const LOOK_MS = 100;
/** Most that `ps` may print, in bytes. */
const MAX_LIST = 64 * 1024 * 1024;

interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** Start time in ticks since boot; 0 if unknown. */
  readonly start: number;
}

/** A process in /proc; null if it has ended, is a zombie, or is hidden. */
async function procStat(pid: number): Promise<RunningProcess | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The program's name, in parentheses, may contain anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const isEnded = fields[0] === 'Z' || fields[0] === 'X';
    return isEnded ? null : { pid, parent: Number(fields[1]), start: Number(fields[19]) };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return null;
    throw error;
  }
}

/** All processes of the system, from /proc or, without it, from `ps`. */
async function allProcesses(): Promise<RunningProcess[]> {
  const names = await readdir('/proc').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (names !== null) {
    const found = await Promise.all(
      names
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .map(procStat),
    );
    return found.filter((process) => process !== null);
  }
  const { code, stdout, stderr, failure } = await outputOf(startChild('ps', ['-A', '-o', 'pid=,ppid='], {}), {
    maxOutputBytes: MAX_LIST,
  });
  if (code !== 0) throw failure ?? new Error(`ps failed: ${stderr.slice(0, 200)}`);
  return stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [pid, parent] = line.trim().split(/\s+/).map(Number);
      return pid && parent !== undefined ? { pid, parent, start: 0 } : [];
    });
}

/** Whether a process was started with the lease in its environment. */
async function hasLease(pid: number, lease: string): Promise<boolean> {
  try {
    const variables = (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0');
    return variables.some((text) => text.startsWith('KGIT_LEASE=') && text.includes(lease));
  } catch (error) {
    // It has ended, is another user's, or there is no /proc.
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return false;
    throw error;
  }
}

const keyOf = ({ pid, start }: RunningProcess) => `${pid} ${start}`;

/**
 * A command and everything it started that still runs, including background processes and those in other process groups
 * or sessions. A process group would not suffice: at a terminal the command shares that of the calling shell script, and
 * programs such as timeout(1) leave theirs.
 */
export class ProcessTree {
  readonly #lease: string | null;
  readonly #known = new Map<string, RunningProcess>();
  readonly #root: Promise<RunningProcess>;

  /** @param lease id of the lease in the command's environment (KGIT_LEASE); null if there is none */
  constructor(root: number, lease: string | null) {
    this.#lease = lease;
    this.#root = procStat(root).then((found) => found ?? { pid: root, parent: process.pid, start: 0 });
  }

  /**
   * Ends all of it: one SIGTERM for each process, SIGKILL after 10 seconds.
   * @returns the ids of processes that could not be ended
   */
  async end(): Promise<readonly number[]> {
    const asked = new Set<string>();
    const began = performance.now();
    for (;;) {
      const running = await this.#running();
      if (running.length === 0) return [];
      const waited = performance.now() - began;
      if (waited >= GIVE_UP_AFTER_MS) return running.map(({ pid }) => pid);
      for (const each of running) {
        if (waited >= KILL_AFTER_MS) send(each, 'SIGKILL');
        // Processes started meanwhile get SIGTERM, too, but none gets it twice.
        else if (!asked.has(keyOf(each))) send(each, 'SIGTERM');
        asked.add(keyOf(each));
      }
      await sleep(LOOK_MS);
    }
  }

  async #running(): Promise<RunningProcess[]> {
    const root = await this.#root;
    this.#known.set(keyOf(root), root);
    const all = new Map((await allProcesses()).map((each) => [each.pid, each]));
    // Children of an ended process have another parent by now, or are known already.
    for (const [key, { pid }] of this.#known) {
      const now = all.get(pid);
      if (!now || keyOf(now) !== key) this.#known.delete(key);
    }
    for (const each of all.values()) {
      if (each.pid === process.pid || this.#known.has(keyOf(each))) continue;
      if (this.#descends(each, all) || (await this.#hasLease(each, root))) this.#known.set(keyOf(each), each);
    }
    return [...this.#known.values()];
  }

  async #hasLease({ pid, start }: RunningProcess, root: RunningProcess): Promise<boolean> {
    return this.#lease !== null && start >= root.start && (await hasLease(pid, this.#lease));
  }

  #descends(from: RunningProcess, all: ReadonlyMap<number, RunningProcess>): boolean {
    const seen = new Set<number>();
    for (let at: RunningProcess | undefined = from; at && !seen.has(at.pid); at = all.get(at.parent)) {
      if (this.#known.has(keyOf(at))) return true;
      seen.add(at.pid);
    }
    return false;
  }
}

function send({ pid }: RunningProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended or is another user's: the next look shows.
    if (!hasCode(error, 'ESRCH', 'EPERM')) throw error;
  }
}
