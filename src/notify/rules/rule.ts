import type { Outcome } from '../../model/event/event.js';
import type { Occurrence } from '../message/notice.js';
import { fits } from './glob.js';

/** What can be notified of. */
export const OCCASIONS = [
  'event',
  'lock_broken',
  'transition',
  'divergence_found',
  'divergence_resolved',
  'outbox_stuck',
  'outbox_published',
  'history_rewritten',
] as const;
export type Occasion = (typeof OCCASIONS)[number];

/** What each selector is about: it can never select anything else. */
export const SELECTORS = {
  action: ['event', 'lock_broken'],
  outcome: ['event'],
  user: ['event', 'lock_broken'],
  subject: ['event', 'lock_broken', 'transition', 'divergence_found', 'divergence_resolved'],
  from: ['transition'],
  to: ['transition'],
  divergence: ['divergence_found', 'divergence_resolved'],
} as const satisfies Readonly<Record<string, readonly Occasion[]>>;

/** Selects by what happened, and by every selector that it has. Patterns are those of `fits`. */
export interface Rule {
  readonly name: string;
  readonly on: readonly Occasion[];
  readonly action?: readonly string[] | undefined;
  readonly outcome?: readonly Outcome[] | undefined;
  readonly user?: readonly string[] | undefined;
  readonly subject?: readonly string[] | undefined;
  /** States of a cluster; `none` where it was not there. */
  readonly from?: readonly string[] | undefined;
  /** States of a cluster; `none` where it is gone. */
  readonly to?: readonly string[] | undefined;
  readonly divergence?: readonly string[] | undefined;
}

/** A state in rules that stands for no cluster at all. */
export const NO_STATE = 'none';

function anyFits(patterns: readonly string[] | undefined, text: string | undefined): boolean {
  if (patterns === undefined) return true;
  return text !== undefined && patterns.some((pattern) => fits(pattern, text));
}

function isOneOf(words: readonly string[] | undefined, word: string | undefined): boolean {
  return words === undefined || (word !== undefined && words.includes(word));
}

/** Whether a rule selects something. A selector for what it does not have does not select it. */
export function selects(rule: Rule, { occasions, subject, selected }: Occurrence): boolean {
  return (
    occasions.some((occasion) => rule.on.includes(occasion)) &&
    anyFits(rule.action, selected.action) &&
    isOneOf(rule.outcome, selected.outcome) &&
    anyFits(rule.user, selected.user) &&
    anyFits(rule.subject, subject) &&
    isOneOf(rule.from, selected.from) &&
    isOneOf(rule.to, selected.to) &&
    isOneOf(rule.divergence, selected.divergence)
  );
}

/** The first rule that selects something; undefined if none does. */
export function ruleFor(rules: readonly Rule[], occurrence: Occurrence): Rule | undefined {
  return rules.find((rule) => selects(rule, occurrence));
}
