import type { WriteOutcome } from '../../store/outbox/outcomes.js';

/** Formats a waiting operation that was proposed, for results and for the data of errors. */
export function proposedJson({ operation, delivery, proposal }: WriteOutcome): Record<string, unknown> {
  return { operation, delivery, ...(proposal ? { proposal } : {}) };
}
