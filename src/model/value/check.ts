import type { KgitError } from '../../errors.js';

/** One result of `kgit doctor`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, in one line. */
  readonly detail: string;
  /** What to do about it; null if nothing. */
  readonly fix: string | null;
}

/** A check that passed. */
export function passed(name: string, detail: string): Check {
  return { name, ok: true, detail, fix: null };
}

/** A check that failed. */
export function finding(name: string, detail: string, fix: string): Check {
  return { name, ok: false, detail, fix };
}

/** A failure as a finding: its suggestions are the fix. */
export function findingOf(name: string, { message, suggestions }: KgitError): Check {
  return finding(name, message, suggestions.join('; ') || 'Mend what is named here');
}

/** Largest difference between two clocks that is tolerated, in ms. */
export const MAX_SKEW_MS = 60_000;
/** What to do about a wrong clock. */
export const CLOCK_FIX = "Set this machine's clock: timedatectl set-ntp true";

/** Writes a time in whole seconds. */
export const seconds = (ms: number): string => `${Math.round(Math.abs(ms) / 1000)}s`;

/** Judges how far this clock is ahead of the server's, in ms. */
export function skewCheck(skew: number): Check {
  const says = `this clock is ${seconds(skew)} ${skew < 0 ? 'behind' : 'ahead of'} the remote's`;
  return Math.abs(skew) > MAX_SKEW_MS ? finding('clock', says, CLOCK_FIX) : passed('clock', says);
}

/** Writes a number of bytes. */
export function mebibytes(bytes: number): string {
  const size = bytes / 1024 / 1024;
  return `${size < 10 ? Math.round(size * 10) / 10 : Math.round(size)} MiB`;
}
