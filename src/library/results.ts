import type { SubjectEvent } from '../model/event/event.js';
import { formatSubject } from '../model/subject/subject.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import type { RecordedEvent, WriteResult } from './types.js';

/** An event as the library returns it. */
export const recorded = ({ subject, event }: SubjectEvent): RecordedEvent => ({
  ...event,
  subject: formatSubject(subject),
});

/** The outcome of a write, as the library returns it. */
export function written({ operation, revision, delivery, attempts, notes }: WriteOutcome): WriteResult {
  return { operation, revision, delivery, attempts, notes };
}
