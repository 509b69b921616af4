import type { KgitEvent } from './event.js';
import { checkEventFields } from './event-schema.js';
import { newEvent } from './new-event.js';
import { type Actor, type EventWrite, type Operation, titleOf } from './operation.js';
import { guardSecrets } from './secret/guard-secrets.js';
import type { IdSource } from './ulid.js';

/** Who writes, where, when, and in which run: fixed when an operation is made, so that a retry is the same one. */
export interface Writer {
  readonly actor: Actor;
  readonly host: string;
  readonly run: { readonly id: string | undefined; readonly url: string | null };
  readonly ids: IdSource;
  /** ms since the epoch */
  readonly now: number;
}

/** An event of `fields`, checked, with who, where and when. Throws UsageError that names the field. */
export function makeEvent(
  fields: Readonly<Record<string, unknown>>,
  { actor, host, run, ids, now }: Writer,
): KgitEvent {
  return newEvent(checkEventFields(fields), ids, now, {
    user: actor.name,
    host,
    runId: run.id,
    context: run.url === null ? undefined : { run_url: run.url },
  });
}

/**
 * One operation of these events, guarded against secrets. Throws SecretError.
 * @param allowSecret why what looks secret is written all the same
 */
export function makeOperation(
  events: readonly EventWrite[],
  { actor, run, ids, now }: Writer,
  more: Partial<Operation>,
  allowSecret: string | undefined,
): Operation {
  const operation: Operation = {
    id: ids.next(),
    time: now,
    actor,
    title: titleOf(events),
    events,
    ...(run.id === undefined ? {} : { runId: run.id }),
    ...more,
  };
  return guardSecrets(operation, allowSecret);
}
