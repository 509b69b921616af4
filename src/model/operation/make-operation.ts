import { UsageError } from '../../errors.js';
import type { KgitEvent } from '../event/event.js';
import { checkEventFields } from '../event/event-schema.js';
import { newEvent } from '../event/new-event.js';
import { guardSecrets } from '../secret/guard-secrets.js';
import type { Edit } from '../state/edit.js';
import { formatStatePath } from '../state/state-path.js';
import type { IdSource } from '../value/ulid.js';
import { keyFault, textFault, type ValueMap, valueFault } from '../value/value.js';
import { type Actor, type EventWrite, type Operation, titleOf } from './operation.js';

/** Longest path in a message, in characters. */
const MAX_SHOWN = 200;

/** Who writes, where, when, and in which run. Fixed when the operation is made, so that a retry is the same operation. */
export interface Writer {
  readonly actor: Actor;
  readonly host: string;
  readonly run: { readonly id: string | undefined; readonly url: string | null };
  /** The program through which they write, as the event's `source`; undefined for kgit's own commands. */
  readonly source?: ValueMap | undefined;
  readonly ids: IdSource;
  /** ms since the epoch */
  readonly now: number;
}

/** Makes an event of checked `fields` and the context. Throws UsageError that names the field. */
export function makeEvent(
  fields: Readonly<Record<string, unknown>>,
  { actor, host, run, source, ids, now }: Writer,
): KgitEvent {
  return newEvent(checkEventFields(fields), ids, now, {
    user: actor.name,
    host,
    runId: run.id,
    context: run.url === null ? undefined : { run_url: run.url },
    source,
  });
}

/** Throws UsageError for an edit whose path or value a file cannot hold unchanged. */
function checkEdit(edit: Edit): void {
  const keys = edit.path.map((part) => keyFault(String(part)));
  const fault =
    keys.find((key) => key !== null) ??
    (edit.op === 'set' || edit.op === 'merge' ? valueFault(edit.value) : null);
  if (fault === null) return;
  const path = formatStatePath(edit.path).slice(0, MAX_SHOWN);
  throw new UsageError(`${path}: ${fault}`, { data: { path } });
}

/**
 * Makes one operation of these events, guarded against secrets. Throws SecretError, UsageError.
 * @param allowSecret the user's reason for writing values that look secret
 */
export function makeOperation(
  events: readonly EventWrite[],
  { actor, run, ids, now }: Writer,
  more: Partial<Operation>,
  allowSecret: string | undefined,
): Operation {
  const name = textFault(actor.name);
  if (name !== null) throw new UsageError(`the user's name ${name}`);
  for (const edit of more.change?.edits ?? []) checkEdit(edit);
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
