import type { KgitError } from '../../errors.js';
import type { KgitEvent } from '../../model/event/event.js';
import { makeEvent } from '../../model/operation/make-operation.js';
import type { EventWrite } from '../../model/operation/operation.js';
import { eventPath } from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { namingOf } from '../open/subjects.js';
import { collectBatch, type Rejection } from './collect-events.js';
import type { BatchItem } from './event-batch.js';
import { eventSubject, type NamedSubject } from './event-subject.js';
import { writeOperation } from './submit.js';
import type { Writing } from './writing.js';

/** The fields that kgit itself fills in; all others are what the writer gave. */
const FILLED = new Set(['id', 'user', 'host', 'run_id', 'context', 'source']);

/** Fields of an event as a caller gives them; one that is undefined is left out. */
export type GivenFields = Readonly<Record<string, unknown>>;

/** One event that was written. */
export interface WrittenEvent {
  readonly subject: Subject;
  readonly event: KgitEvent;
  /** Path of its file in the repository. */
  readonly path: string;
  /** Whether it was there already, with the same content. */
  readonly isRepeat: boolean;
  readonly outcome: WriteOutcome;
}

/**
 * Records one event as one operation. One with the id and content of an event that is there already is success.
 * Throws UsageError and NotFoundError for its subject and fields, SecretError; then as `submit`.
 */
export async function writeEvent(
  writing: Writing,
  named: NamedSubject,
  fields: GivenFields,
): Promise<WrittenEvent> {
  const subject = await eventSubject(named, namingOf(writing));
  const event = makeEvent(fields, writing.writer);
  const given = Object.keys(event).filter((key) => !FILLED.has(key) || fields[key] !== undefined);
  const outcome = await writeOperation(writing, [{ subject, event, given }]);
  return {
    subject,
    event,
    path: eventPath(subject, event),
    isRepeat: outcome.duplicates.length > 0,
    outcome,
  };
}

/** Many events to be recorded as one operation. */
export interface EventBatch {
  /** Each names its subject. */
  readonly items: readonly BatchItem[];
  /** Fields of those events that do not have them. */
  readonly defaults?: GivenFields;
  /** Whether events may be the first of a deployment. */
  readonly create: boolean;
  /** Whether events that cannot be written are left out, as long as one is left; else none is written. */
  readonly skipInvalid: boolean;
  /** The error when nothing is written because of these. */
  readonly refusal: (rejected: readonly Rejection[]) => KgitError;
}

/** Events that were written together. */
export interface WrittenEvents {
  readonly events: readonly EventWrite[];
  readonly rejected: readonly Rejection[];
  /** How many are new. */
  readonly accepted: number;
  /** How many were there already, or twice in the batch, with the same content. */
  readonly duplicates: number;
  readonly outcome: WriteOutcome;
}

/** Records many events as one operation and one commit. Throws `refusal`, SecretError; then as `submit`. */
export async function writeEvents(writing: Writing, batch: EventBatch): Promise<WrittenEvents> {
  const { items, defaults = {}, create, skipInvalid, refusal } = batch;
  const hasDefaults = Object.values(defaults).some((value) => value !== undefined);
  const { events, rejected, duplicates } = await collectBatch(items, {
    naming: namingOf(writing),
    make: (fields) => makeEvent(hasDefaults ? { ...defaults, ...fields } : fields, writing.writer),
    create,
    allowSecret: writing.terms.allowSecret !== undefined,
  });
  if (rejected.length > 0 && (!skipInvalid || events.length === 0)) throw refusal(rejected);
  const outcome = await writeOperation(writing, events);
  const repeats = outcome.duplicates.length;
  return {
    events,
    rejected,
    outcome,
    accepted: events.length - repeats,
    duplicates: duplicates + repeats,
  };
}
