import type { Rule } from './rule.js';

/** States that need a person: a cluster does not leave them by itself. A dry run that fails wakes nobody. */
const BROKEN = ['Failed', 'ServicesFailed', 'DeleteFailing'];
/** What the record and the clusters disagree on, without what a template's author changed on purpose. */
const DIVERGENCES = ['untracked', 'vanished', 'lingering', 'drifted'];

/** The rules of a target that names none: what the person on call has to see, and that it is over. */
export const DEFAULT_RULES: readonly Rule[] = [
  { name: 'failures', on: ['event'], outcome: ['failed'] },
  { name: 'broken-locks', on: ['lock_broken'] },
  { name: 'broken-clusters', on: ['transition'], to: BROKEN },
  { name: 'recovered-clusters', on: ['transition'], from: BROKEN, to: ['Ready', 'none'] },
  { name: 'divergence', on: ['divergence_found', 'divergence_resolved'], divergence: DIVERGENCES },
  { name: 'rewritten-history', on: ['history_rewritten'] },
  { name: 'outbox', on: ['outbox_stuck', 'outbox_published'] },
];
