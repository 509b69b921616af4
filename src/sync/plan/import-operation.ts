import type { KgitEvent } from '../../model/event/event.js';
import { formatTimestamp } from '../../model/event/event.js';
import { type Actor, type Operation, titleOf } from '../../model/operation/operation.js';
import { deployment } from '../../model/subject/subject.js';
import { ulidTime } from '../../model/value/ulid.js';
import type { ImportPart } from './import-plan.js';

/** Action word of the event that records an import of state. */
export const IMPORT_ACTION = 'state_imported';

/** What is fixed once per operation, so that a retry is the same operation. */
export interface ImportStamp {
  readonly operationId: string;
  /** Id of the event that records the state; determines the event's time. */
  readonly eventId: string;
  /** When the operation was made, in ms since the epoch. */
  readonly time: number;
  readonly actor: Actor;
  readonly runId?: string | undefined;
  /** Further fields of the event that records the state: user, message, reason, host. */
  readonly fields?: Partial<KgitEvent>;
}

/**
 * Makes the operation for one part of a plan: its events unchanged, and an event by the importing user for the state,
 * with its provenance.
 * @param leavesOut whether to drop values that conflict with what others publish meanwhile; otherwise the operation is
 *   refused
 */
export function importOperation(part: ImportPart, stamp: ImportStamp, leavesOut = false): Operation {
  const { operationId: id, eventId, time, actor, runId } = stamp;
  const base = { id, time, actor, ...(runId === undefined ? {} : { runId }) };
  if (part.deployment === null || part.state === null) {
    return { ...base, title: titleOf(part.events), events: part.events };
  }
  const { edits, preconditions, source } = part.state;
  const subject = deployment(part.deployment);
  const event: KgitEvent = {
    ...stamp.fields,
    id: eventId,
    timestamp: formatTimestamp(ulidTime(eventId)),
    action: IMPORT_ACTION,
    ...(runId === undefined ? {} : { run_id: runId }),
    source,
  };
  return {
    ...base,
    title: titleOf([{ subject, event }]),
    events: [...part.events, { subject, event }],
    change: {
      deployment: part.deployment,
      event: eventId,
      edits,
      preconditions,
      ...(leavesOut ? { leavesOut } : {}),
    },
  };
}
