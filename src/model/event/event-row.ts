import { formatSubject } from '../subject/subject.js';
import type { KgitEvent, SubjectEvent } from './event.js';

/** An event in a result: as it is stored, with its subject. */
export type EventRow = KgitEvent & { readonly subject: string };

/** Formats an event for JSON. */
export function eventRow({ subject, event }: SubjectEvent): EventRow {
  return { ...event, subject: formatSubject(subject) };
}
