import { ConflictError, ERROR_CLASSES, KgitError, UsageError } from '../../errors.js';
import { differingFields, type KgitEvent } from '../../model/event/event.js';
import type { EventWrite } from '../../model/operation/operation.js';
import { findSecrets } from '../../model/secret/find-secrets.js';
import { refuseSecrets } from '../../model/secret/refuse-secrets.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { isMap } from '../../model/value/value.js';
import { takenId } from '../../store/plan/apply-operation.js';
import { EventFinder } from '../../store/read/event-finder.js';
import { oneLine } from '../../terminal/terminal-text.js';
import { type Naming, resolveSubject } from '../open/subjects.js';
import type { BatchItem } from './event-batch.js';
import { requireDeployment } from './known-names.js';

/** An event of a batch that cannot be written. */
export interface Rejection {
  /** Its index in the batch, from 0. */
  readonly index: number;
  readonly error: KgitError;
}

export interface CollectOptions {
  readonly naming: Naming;
  readonly make: (fields: Record<string, unknown>) => KgitEvent;
  readonly create: boolean;
  readonly allowSecret: boolean;
}

export interface Collected {
  readonly events: readonly EventWrite[];
  readonly rejected: readonly Rejection[];
  /** Repeats within the batch: the same id with the same content. */
  readonly duplicates: number;
}

/** What the events of a batch share. */
interface Shared {
  readonly finder: EventFinder;
  /** By the names of the batch, which has few subjects and many events. */
  readonly subjects: Map<string, Subject>;
}

async function collectOne(
  value: unknown,
  options: CollectOptions,
  { finder, subjects }: Shared,
): Promise<EventWrite> {
  if (!isMap(value)) throw new UsageError('an event is a mapping of fields');
  const { subject: name, ...fields } = value;
  if (typeof name !== 'string') {
    throw new UsageError('subject: is missing', {
      suggestions: [
        'Give each event its subject: deployment/<id> or cluster/<management>/<namespace>/<name>',
      ],
    });
  }
  const subject = subjects.get(name) ?? (await resolveSubject(name, options.naming));
  subjects.set(name, subject);
  if (subject.kind === 'lock' || subject.kind === 'management') throw ownSubject(name);
  if (subject.kind === 'deployment') await requireDeployment(options.naming.view, subject.id, options.create);
  const write = { subject, event: options.make(fields), given: Object.keys(fields) };
  // After the check of sizes, which bounds the search.
  if (!options.allowSecret) refuseSecrets(findSecrets(fields));
  const stored = fields['id'] === undefined ? null : (await finder.find(subject, write.event.id))?.read();
  const differing = stored ? differingFields(stored, write.event, write.given) : [];
  if (differing.length > 0) throw takenId(subject, write.event.id, differing);
  return write;
}

/** The error for an event of a lock or a management cluster. kgit alone records these. */
function ownSubject(name: string): UsageError {
  return new UsageError(`subject: events of ${oneLine(name.slice(0, 100))} are recorded by kgit itself`, {
    suggestions: [
      'Give the event a deployment or cluster as its subject',
      "End a lease with 'kgit unlock NAME --force'; record the identity of a cluster with 'kgit identify NAME'",
    ],
    data: { field: 'subject' },
  });
}

/** Makes the events of a batch and checks each by itself. */
export async function collectBatch(items: readonly BatchItem[], options: CollectOptions): Promise<Collected> {
  const events: EventWrite[] = [];
  const rejected: Rejection[] = [];
  const known = new Map<string, EventWrite>();
  const shared = { finder: new EventFinder(options.naming.view), subjects: new Map<string, Subject>() };
  let duplicates = 0;
  for (const [index, item] of items.entries()) {
    try {
      if ('error' in item) throw item.error;
      const write = await collectOne(item.value, options, shared);
      const key = `${formatSubject(write.subject)} ${write.event.id}`;
      const twin = known.get(key);
      if (!twin) {
        known.set(key, write);
        events.push(write);
        continue;
      }
      const fields = differingFields(twin.event, write.event, write.given);
      if (fields.length > 0)
        throw new ConflictError(
          `id ${write.event.id} is used twice with different content (${fields.join(', ')})`,
        );
      duplicates += 1;
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      rejected.push({ index, error });
    }
  }
  return { events, rejected, duplicates };
}

/** The error that a batch was not written: names the first event that is refused, and has all in its data. */
export function refusal(
  rejected: readonly Rejection[],
  total: number,
  suggestions: readonly string[] = [],
): KgitError {
  const [first] = rejected;
  const rows = rejected.map(({ index, error }) => ({ index, code: error.code, message: error.message }));
  const Class = ERROR_CLASSES[first?.error.code ?? 'USAGE'];
  return new Class(
    `${rejected.length} of ${total} events cannot be written; event ${first?.index}: ${first?.error.message}`,
    {
      data: { rejected: rows.slice(0, 100) },
      suggestions: [...(first?.error.suggestions ?? []), 'Mend them; nothing was written', ...suggestions],
    },
  );
}
