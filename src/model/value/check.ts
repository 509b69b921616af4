import type { KgitError } from '../../errors.js';

/** One thing that `kgit doctor` looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, in one line. */
  readonly detail: string;
  /** What to do about it; null where nothing is to be done. */
  readonly fix: string | null;
}

/** All is well. */
export function passed(name: string, detail: string): Check {
  return { name, ok: true, detail, fix: null };
}

/** Something to mend. */
export function finding(name: string, detail: string, fix: string): Check {
  return { name, ok: false, detail, fix };
}

/** A failure as a finding: its suggestions are the fix. */
export function findingOf(name: string, { message, suggestions }: KgitError): Check {
  return finding(name, message, suggestions.join('; ') || 'Mend what is named here');
}
