import type { SubjectEvent } from '../event/event.js';
import type { LeaseClaim } from '../lease/lease.js';
import type { Edit } from '../state/edit.js';
import type { StatePath } from '../state/state-path.js';
import { formatSubject, type Subject } from '../subject/subject.js';
import type { Value } from '../value/value.js';

/** A condition on the tip that an operation is applied to. */
export type Precondition = Condition & {
  /** Added by the command itself, such as one that reverts what it saw, and not by the user. */
  readonly isImplied?: true;
};

type Condition =
  | { readonly check: 'equals'; readonly path: StatePath; readonly value: Value }
  | { readonly check: 'absent'; readonly path: StatePath }
  /** Merging this value there would replace nothing. */
  | { readonly check: 'lacks'; readonly path: StatePath; readonly value: Value }
  /** The deployment's state has not changed since this revision. */
  | { readonly check: 'unchanged-since'; readonly revision: string };

/** The author of the commit and the `user` of the events. */
export interface Actor {
  readonly name: string;
  readonly email: string;
}

/** The state change of an operation. Its event records, as `changes`, what the edits do on the tip. */
export interface StateChange {
  readonly deployment: string;
  /** Id of the operation's event that records the changes. */
  readonly event: string;
  /**
   * Id of the event behind it that carries them where `event` is there already and is not this operation's, as its
   * `source.operation` says: content gives some events their ids, and two machines may do the same in one second.
   * With it `event` is recorded for itself, also where the state is so already.
   */
  readonly otherwise?: string;
  readonly edits: readonly Edit[];
  readonly preconditions: readonly Precondition[];
  /** An unreadable document counts as empty: the edits provide all of its content. */
  readonly mendsBroken?: true;
  /** Leaves out edits whose precondition does not hold, instead of refusing the whole operation. */
  readonly leavesOut?: true;
}

/** An event to be written. `given` lists the fields that the writer named; without it, all of them count. */
export interface EventWrite extends SubjectEvent {
  readonly given?: readonly string[];
  /**
   * Skips the event if one of the newest events of its action and subject has the same context, whatever its id and
   * time: for something that several observers see at different times. Evaluated on each tip.
   */
  readonly once?: boolean;
}

/** The identity of a management cluster, learned from it and kept in `kgit.yaml`. */
export interface LearnedManagement {
  readonly name: string;
  /** The strongest identity, the only one that earlier versions read. */
  readonly identity: string;
  readonly others?: readonly string[];
  /** What was recorded when it was learned; if that has changed since, nothing is written. */
  readonly before?: readonly string[];
}

/** Seals months. Evaluated on each tip; sealed months stay as they are. */
export interface SealMonths {
  /** `YYYY-MM`: months before this one are sealed. */
  readonly before: string;
}

/**
 * Secrets of one subject to write or to remove, encrypted before the operation was made. Its event records, as `changes`, which
 * paths they are of. Those of a `StateChange` are recorded by the event that carries it.
 */
export interface SecretWrites {
  readonly subject: Subject;
  /** Id of the operation's event that records them. */
  readonly event: string;
  /**
   * For whom they are encrypted, as `formatRecipient` writes it; if the team's recipients differ by then, nothing is written. Null if
   * nothing was encrypted for it: it removes secrets, or takes documents of the history.
   */
  readonly recipients: readonly string[] | null;
  readonly files: readonly SecretWrite[];
  /** Whether a secret that is not the one that was seen stays as it is; otherwise the operation is refused. */
  readonly leavesOut?: boolean;
}

export interface SecretWrite {
  /** What it is the secret of: a state path, or the name of a withheld value. */
  readonly path: string;
  /** The encrypted document; null removes it, and the secrets below the path. */
  readonly text: string | null;
  /** The document that it replaces, null for none; if another is there, nothing is written. Left out if it may be any. */
  readonly seen?: string | null;
}

/** Who is added to those who can decrypt the team's secrets, and who is removed. Evaluated on each tip. */
export interface RecipientWrites {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * One intended write: the unit of atomicity, retry, queueing and replay; it becomes one commit.
 * It never changes after it is made, so a retry is the same operation.
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
  /** Those of each subject apart: an import writes those of a deployment and of its clusters. */
  readonly secrets?: readonly SecretWrites[];
  readonly recipients?: RecipientWrites;
  /** Set for an operation without events, which only changes the layout of the record. */
  readonly seal?: SealMonths;
  /** The lease that must be held when it is published. */
  readonly claim?: LeaseClaim;
  readonly runId?: string;
}

/** The names of the subjects of events, each once. The events of a batch share their subjects. */
export function subjectNames(events: readonly SubjectEvent[]): Set<string> {
  return new Set(Array.from(new Set(events.map(({ subject }) => subject)), formatSubject));
}

/** The title of an operation with these events. */
export function titleOf(events: readonly SubjectEvent[]): string {
  const [first] = events;
  if (!first) return 'kgit: nothing';
  const subjects = subjectNames(events);
  const actions = new Set(events.map(({ event }) => event.action));
  if (events.length === 1) return `${first.event.action}: ${formatSubject(first.subject)}`;
  const action = actions.size === 1 ? first.event.action : `${events.length} events`;
  const subject = subjects.size === 1 ? formatSubject(first.subject) : `${subjects.size} subjects`;
  return `${action}: ${subject}`;
}

/** Converts an operation to JSON; `operationFromJson` reads it back. */
export function operationToJson(operation: Operation): unknown {
  const events = operation.events.map((item) => ({ ...item, subject: formatSubject(item.subject) }));
  const secrets = operation.secrets?.map((item) => ({ ...item, subject: formatSubject(item.subject) }));
  return { ...operation, ...(secrets ? { secrets } : {}), events };
}
