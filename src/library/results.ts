import type { SubjectEvent } from '../model/event/event.js';
import { formatSubject } from '../model/subject/subject.js';
import type { WriteOutcome } from '../store/outbox/outcomes.js';
import type { RecordedEvent, WriteResult } from './types.js';

/** An event as the library gives it. */
export const recorded = ({ subject, event }: SubjectEvent): RecordedEvent => ({
  ...event,
  subject: formatSubject(subject),
});

/** What became of a write, as the library gives it. */
export function written({ operation, revision, delivery, attempts, notes }: WriteOutcome): WriteResult {
  return { operation, revision, delivery, attempts, notes };
}
