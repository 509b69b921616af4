/** This machine, process and clock: what everything below is handed. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from '../model/value/error-codes.js';
import type { Clock, Host } from '../store/port/host.js';

/** The variables of the process that kgit runs in. */
export type Environment = Readonly<Record<string, string | undefined>>;

function readProc(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // No /proc on this system: what it would tell stays unknown.
    return null;
  }
}

/** This machine and process. */
export const thisHost: Host = {
  hostname: hostname(),
  bootId: readProc('/proc/sys/kernel/random/boot_id'),
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

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((wake) => setTimeout(wake, ms)),
  random: () => Math.random(),
};
