/** This machine, process and clock, as they are passed to everything below. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from '../model/value/error-codes.js';
import type { Clock, Host } from '../store/port/host.js';

/** The environment variables of this process. */
export type Environment = Readonly<Record<string, string | undefined>>;

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // This system has no /proc: the value stays unknown.
    return null;
  }
}

/** This machine and process. */
export const thisHost: Host = {
  get hostname() {
    return hostname();
  },
  // Read when it is asked for: commands that take no lock need none.
  get bootId() {
    return readProc('/proc/sys/kernel/random/boot_id');
  },
  pid: process.pid,
  processStart: (pid) =>
    readProc(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /, '')
      .split(' ')[19] ?? null,
  isAlive: (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return hasCode(error, 'EPERM');
    }
  },
};

/** The user's uid; null if the system has none. */
export const thisUser: number | null = process.getuid?.() ?? null;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
  random: () => Math.random(),
};
