import { type Check, finding } from '../../model/value/check.js';
import type { BrokenLock } from '../port/lease-store.js';

/** A finding for broken entries among the locks; empty if there are none. */
export function checkBrokenLocks(broken: readonly BrokenLock[]): Check[] {
  const [first] = broken;
  if (!first) return [];
  const more = broken.length > 1 ? `; and ${broken.length - 1} more: kgit locks` : '';
  return [finding('lock-refs', `${first.problem}${more}`, first.suggestions.join('; '))];
}
