import type { SubjectEvent } from '../event/event.js';
import type { LeaseClaim } from '../lease/lease.js';
import type { Edit } from '../state/edit.js';
import type { StatePath } from '../state/state-path.js';
import { formatSubject } from '../subject/subject.js';
import type { Value } from '../value/value.js';

/** What must hold on the tip that an operation is applied to. */
export type Precondition = Condition & {
  /** The command has it by itself, as one that takes back what it saw; nobody asked for it. */
  readonly isImplied?: true;
};

type Condition =
  | { readonly check: 'equals'; readonly path: StatePath; readonly value: Value }
  | { readonly check: 'absent'; readonly path: StatePath }
  /** Nothing stands there that laying this value over it would replace. */
  | { readonly check: 'lacks'; readonly path: StatePath; readonly value: Value }
  /** The deployment's state has not changed since this revision. */
  | { readonly check: 'unchanged-since'; readonly revision: string };

/** Who acts: the author of the commit and the `user` of the events. */
export interface Actor {
  readonly name: string;
  readonly email: string;
}

/** The state change of an operation: its event gets the `changes` that the edits make on the tip. */
export interface StateChange {
  readonly deployment: string;
  /** Id of the event, among the operation's, that carries the changes. */
  readonly event: string;
  /**
   * Id of the event behind it that carries them where `event` is there already and is not this operation's, as its
   * `source.operation` says: content gives some events their ids, and two machines may do the same in one second.
   * With it `event` is recorded for itself, also where the state is so already.
   */
  readonly otherwise?: string;
  readonly edits: readonly Edit[];
  readonly preconditions: readonly Precondition[];
  /** A document that cannot be read counts as empty: the edits give all that is to be in it. */
  readonly mendsBroken?: true;
  /** Edits whose precondition does not hold are left out, where else the whole operation is refused. */
  readonly leavesOut?: true;
}

/** An event to be written; `given` are the fields that its writer named, all of them where it is left out. */
export interface EventWrite extends SubjectEvent {
  readonly given?: readonly string[];
  /**
   * It is there already where one of the newest events of its action and subject has the same context, whatever its id
   * and time: for what several may see, each at another time. Worked out anew on each tip.
   */
  readonly once?: boolean;
}

/** What a management cluster is known by, learned from it and kept in `kgit.yaml`. */
export interface LearnedManagement {
  readonly name: string;
  /** The strongest: all that earlier versions read. */
  readonly identity: string;
  readonly others?: readonly string[];
  /** What was recorded when it was learned: where something else stands by then, nothing is written. */
  readonly before?: readonly string[];
}

/** The sealing of months, worked out anew on each tip: what is sealed already is left as it is. */
export interface SealMonths {
  /** `YYYY-MM`: months before this one are sealed. */
  readonly before: string;
}

/**
 * One intended write: the unit of atomicity, retry, queueing and replay; it becomes one commit.
 * Everything in it is fixed when it is made, so a retry is the same operation.
 */
export interface Operation {
  /** ULID. */
  readonly id: string;
  /** When it was made, in ms since the epoch. */
  readonly time: number;
  readonly actor: Actor;
  /** `<action>: <subject>`: the subject line of its commit, or, of a state change, the first line of the body. */
  readonly title: string;
  readonly events: readonly EventWrite[];
  readonly change?: StateChange;
  readonly learned?: LearnedManagement;
  /** Of an operation without events: it adds nothing to the record, and only lays it out anew. */
  readonly seal?: SealMonths;
  /** The lease under which alone it may be published. */
  readonly claim?: LeaseClaim;
  readonly runId?: string;
}

/** The title of an operation of these events, for one as for many. */
export function titleOf(events: readonly SubjectEvent[]): string {
  const [first] = events;
  if (!first) return 'kgit: nothing';
  const subjects = new Set(events.map(({ subject }) => formatSubject(subject)));
  const actions = new Set(events.map(({ event }) => event.action));
  if (events.length === 1) return `${first.event.action}: ${formatSubject(first.subject)}`;
  const action = actions.size === 1 ? first.event.action : `${events.length} events`;
  const subject = subjects.size === 1 ? formatSubject(first.subject) : `${subjects.size} subjects`;
  return `${action}: ${subject}`;
}

/** An operation as JSON can hold it; `operationFromJson` reads it back. */
export function operationToJson(operation: Operation): unknown {
  const events = operation.events.map((item) => ({ ...item, subject: formatSubject(item.subject) }));
  return { ...operation, events };
}
