import type { KgitEvent } from '../../model/event/event.js';
import { formatTimestamp } from '../../model/event/event.js';
import { type Actor, type EventWrite, type Operation, titleOf } from '../../model/operation/operation.js';
import { deployment, formatSubject, type Subject } from '../../model/subject/subject.js';
import { secretFile } from '../../model/team-secret/secret-name.js';
import { type IdSource, ulidTime } from '../../model/value/ulid.js';
import type { ValueMap } from '../../model/value/value.js';
import type { StateView } from '../../store/port/state-store.js';
import type { ImportPart } from './import-plan.js';
import type { SharedSecrets } from './shared-secrets.js';

/** Action word of the event that records an import of state, and of its secrets where the team shares them. */
export const IMPORT_ACTION = 'state_imported';
/** Action word of the event that records an import of secrets alone. */
const SECRETS_ACTION = 'secrets_imported';

/** What is fixed once per operation, so that a retry is the same operation. */
export interface ImportStamp {
  /** Gives the ids of the operation and of the events that record the state and the secrets, which determine their times. */
  readonly ids: IdSource;
  /** When the operation was made, in ms since the epoch. */
  readonly time: number;
  readonly actor: Actor;
  readonly runId?: string | undefined;
  /** Further fields of these events: user, message, reason, host. */
  readonly fields?: Partial<KgitEvent>;
}

/**
 * Makes the operation for one part of a plan: its events unchanged, and events by the importing user for the state, with its
 * provenance, and for secrets, which `sealSecrets` adds.
 * @param leavesOut whether to drop values that conflict with what others publish meanwhile; otherwise the operation is
 *   refused
 */
export function importOperation(part: ImportPart, stamp: ImportStamp, leavesOut = false): Operation {
  const { ids, time, actor, runId } = stamp;
  const base = { id: ids.next(), time, actor, ...(runId === undefined ? {} : { runId }) };
  const own = (action: string, subject: Subject, source: ValueMap): EventWrite => {
    const id = ids.next();
    const timestamp = formatTimestamp(ulidTime(id));
    const run = runId === undefined ? {} : { run_id: runId };
    return { subject, event: { ...stamp.fields, id, timestamp, action, ...run, source } };
  };
  const { deployment: name, state } = part;
  const imported =
    name === null || state === null ? null : own(IMPORT_ACTION, deployment(name), state.source);
  const others = part.secrets.filter(({ subject }) => !imported || !sameSubject(subject, imported.subject));
  // If that import is refused, this one's files were never imported whole.
  const source = {
    written_by: 'import',
    ...(part.restsOn === undefined ? {} : { rests_on: part.restsOn }),
  };
  const secrets = others.map(({ subject }) => own(SECRETS_ACTION, subject, source));
  const events = [...part.events, ...(imported ? [imported] : []), ...secrets];
  if (name === null || state === null || imported === null) {
    const titled = part.events.length > 0 ? part.events : secrets;
    return { ...base, title: titleOf(titled), events };
  }
  const { edits, preconditions } = state;
  return {
    ...base,
    title: titleOf([imported]),
    events,
    change: {
      deployment: name,
      event: imported.event.id,
      edits,
      preconditions,
      ...(leavesOut ? { leavesOut } : {}),
    },
  };
}

/** The event of an import's operation that records a subject's secrets. */
export function secretsEvent({ events }: Operation, subject: Subject): string | undefined {
  const actions = [IMPORT_ACTION, SECRETS_ACTION];
  return events.findLast(
    (write) => actions.includes(write.event.action) && sameSubject(write.subject, subject),
  )?.event.id;
}

/**
 * Encrypts the secrets of a part into its operation. Throws SecretError, InvalidStateError, EnvironmentError.
 * @param seen the view that it was planned on: a secret that has changed since is not overwritten
 * @param leavesOut whether such a secret stays as it is; otherwise the operation is refused
 */
export async function sealSecrets(
  operation: Operation,
  part: ImportPart,
  seen: StateView,
  team: Pick<SharedSecrets, 'seal'> | null,
  leavesOut = false,
): Promise<Operation> {
  if (team === null || part.secrets.length === 0) return operation;
  const secrets = await Promise.all(
    part.secrets.map(async ({ subject, values }) => {
      const writes = await team.seal(subject, secretsEvent(operation, subject) ?? '', values);
      const files = writes.files.map(async (write) => ({
        ...write,
        seen: await seen.read(secretFile(subject, write.path)),
      }));
      return { ...writes, files: await Promise.all(files), ...(leavesOut ? { leavesOut } : {}) };
    }),
  );
  return { ...operation, secrets };
}

function sameSubject(one: Subject, other: Subject): boolean {
  return formatSubject(one) === formatSubject(other);
}
