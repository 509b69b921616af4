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
