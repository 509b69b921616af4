import { ConflictError, InvalidStateError, NotFoundError } from '../../errors.js';
import { type Change, differingFields, type KgitEvent, type SubjectEvent } from '../../model/event/event.js';
import { formatEvent } from '../../model/event/event-file.js';
import { checkFileSize } from '../../model/operation/check-operation.js';
import type {
  LearnedManagement,
  Operation,
  SecretWrites,
  StateChange,
} from '../../model/operation/operation.js';
import { applyEdits, checkPrecondition, possibleEdits } from '../../model/state/apply.js';
import type { Edit } from '../../model/state/edit.js';
import { parseState } from '../../model/state/state-document.js';
import {
  CLUSTERS,
  eventPath,
  MARKER_FILE,
  SCHEMA_FOLDER,
  STATE_SCHEMA,
  statePath,
} from '../../model/subject/layout.js';
import { DEFAULT_MANAGEMENT, deployment, formatSubject, type Subject } from '../../model/subject/subject.js';
import { secretsFolder } from '../../model/team-secret/secret-name.js';
import { isMap, sameValue, type Value } from '../../model/value/value.js';
import type { FileChanges, Revision, StateView } from '../port/state-store.js';
import type { EventFinder } from '../read/event-finder.js';
import { recordedIdentities } from '../read/records.js';
import { newestOf } from '../read/stored-events.js';
import { type Sealing, sealMonths } from './seal-months.js';

/** What an operation does to a tip. */
export type Applied =
  /** Files to write or to remove, with the new events and the changes of state. */
  | {
      readonly kind: 'commit';
      readonly files: FileChanges;
      readonly events: readonly SubjectEvent[];
      readonly changes: readonly Change[];
      readonly duplicates: readonly string[];
      /** Of a compact: what it sealed. */
      readonly sealing?: Sealing;
    }
  /** All of its events exist already. */
  | { readonly kind: 'present'; readonly changes: readonly Change[]; readonly duplicates: readonly string[] }
  /** It would change nothing, so nothing is recorded. */
  | { readonly kind: 'unchanged'; readonly sealing?: Sealing };

/** The tip that an operation is applied to, and access to older revisions for `unchanged-since`. */
export interface Tip {
  readonly view: StateView;
  readonly at: (revision: Revision) => Promise<StateView | null>;
  readonly events: EventFinder;
  /** The largest file that the store takes; undefined if it takes what kgit can read. */
  readonly maxFileBytes?: number | undefined;
}

/** Throws InvalidStateError if a parent of `path` is a file: fast-import would replace it silently. */
async function checkFolders(view: StateView, path: string, known: Set<string>): Promise<void> {
  for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
    const folder = path.slice(0, cut);
    if (known.has(folder)) return;
    known.add(folder);
    const kind = await view.kindOf(folder);
    if (kind === 'folder') return;
    // The driver says what is there instead.
    if (kind !== null) await view.list(folder);
  }
}

/** The error for an event id that is taken by other content. */
export function takenId(subject: Subject, id: string, fields: readonly string[]): ConflictError {
  return new ConflictError(
    `event ${id} of ${formatSubject(subject)} is there already with other content (${fields.join(', ')})`,
    {
      data: { id, subject: formatSubject(subject), fields },
      suggestions: ['Give the new event another id, or leave --id out and kgit makes one'],
    },
  );
}

/** The edits that a change makes on a tip. Throws ConflictError if a precondition does not hold there. */
async function editsOf(change: StateChange, text: string | null, tip: Tip): Promise<readonly Edit[]> {
  const file = statePath(change.deployment);
  const data = parseState(text ?? '', file);
  if (change.leavesOut) return possibleEdits(change, data);
  if (change.preconditions.length > 0) await checkSecretConditions(change, tip.view);
  for (const precondition of change.preconditions) {
    if (precondition.check !== 'unchanged-since') {
      checkPrecondition(precondition, data);
      continue;
    }
    const then = await tip.at(precondition.revision);
    if (!then) {
      throw new NotFoundError(`there is no revision ${precondition.revision}`, {
        suggestions: ["Take the revision from the 'repository.revision' of an earlier answer"],
        data: { revision: precondition.revision },
      });
    }
    const isSame = (await then.read(file)) === text;
    if (isSame && (await hasSecretsOfThen(change, tip.view, then))) continue;
    throw new ConflictError(
      `the state of deployment ${change.deployment} has changed since ${precondition.revision}`,
      {
        data: { path: file, expected: precondition.revision, actual: 'changed' },
        suggestions: [`See what changed: kgit log deployment/${change.deployment}`],
      },
    );
  }
  return change.edits;
}

/** Checks conditions against the secrets of the team. Throws ConflictError, UsageError. */
async function checkSecretConditions(change: StateChange, view: StateView): Promise<void> {
  const subject = deployment(change.deployment);
  if ((await view.kindOf(secretsFolder(subject))) === null) return;
  const { checkSecretCondition, secretNames } = await import('./secret-conditions.js');
  const names = await secretNames(view, subject);
  for (const condition of change.preconditions) checkSecretCondition(condition, names);
}

/** Whether a deployment has the same secrets of the team as in an older view. */
async function hasSecretsOfThen(change: StateChange, now: StateView, then: StateView): Promise<boolean> {
  const subject = deployment(change.deployment);
  const folder = secretsFolder(subject);
  if ((await now.kindOf(folder)) === null && (await then.kindOf(folder)) === null) return true;
  const { hasSameSecrets } = await import('./secret-conditions.js');
  return hasSameSecrets(now, then, subject);
}

/** The text of a state document; null if it is broken and is to be replaced. */
function readable(text: string | null, file: string, { mendsBroken }: StateChange): string | null {
  if (text === null || !mendsBroken) return text;
  try {
    parseState(text, file);
    return text;
  } catch (error) {
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}

function isOf({ source }: KgitEvent, { id }: Operation): boolean {
  return isMap(source) && source['operation'] === id;
}

/** Path of the schema that a new state document names for editors; null if the repository has none. */
async function stateSchema(view: StateView): Promise<string | null> {
  const path = `${SCHEMA_FOLDER}/${STATE_SCHEMA}`;
  return (await view.kindOf(path)) === null ? null : path;
}

/**
 * Computes what `operation` does to a tip: reads everything that it touches and changes nothing. Throws ConflictError if
 * a precondition does not hold or an id is taken by other content, InvalidStateError if a file of the repository is
 * broken.
 */
export async function applyOperation(operation: Operation, tip: Tip): Promise<Applied> {
  if (operation.seal) return applySeal(operation.seal.before, tip);
  const files = new Map<string, string | null>();
  const fresh: SubjectEvent[] = [];
  const duplicates: string[] = [];
  const folders = new Set<string>();
  let changes: readonly Change[] = [];
  const { change } = operation;
  let carrier = change?.event;
  const { secrets = [] } = operation;
  for (const { subject, event, given, once } of operation.events) {
    if (event.id === change?.otherwise && event.id !== carrier) continue;
    const stored = (await tip.events.find(subject, event.id))?.read();
    const isChange = event.id === carrier;
    if (stored) {
      const fields = differingFields(stored, event, given);
      if (fields.length > 0) throw takenId(subject, event.id, fields);
      duplicates.push(event.id);
      if (!isChange) continue;
      const isOther =
        event.id === change?.event && change.otherwise !== undefined && !isOf(stored, operation);
      if (isOther) carrier = change.otherwise;
      else changes = stored.changes ?? [];
      continue;
    }
    if (once && (await isToldAlready(tip.view, subject, event, fresh))) {
      duplicates.push(event.id);
      continue;
    }
    let own: readonly Change[] = [];
    if (isChange && change) own = await stateChanges(change, tip, files);
    for (const writes of secrets) {
      if ((writes.event === change?.event ? carrier : writes.event) !== event.id) continue;
      own = [...own, ...(await secretChanges(writes, tip, files))];
    }
    if (isChange && change) {
      // A change with a spare event is recorded even if the state already has its values: the event happened.
      if (own.length === 0 && (event.id !== change.event || !change.otherwise)) continue;
      await checkStaysSecret(change.deployment, own, tip.view, files);
    }
    if (own.length > 0) changes = [...changes, ...own];
    const written = own.length === 0 ? event : { ...event, changes: own };
    const path = eventPath(subject, event);
    await checkFolders(tip.view, path, folders);
    const text = formatEvent(written);
    if (written.changes !== undefined) checkFileSize(path, text, tip.maxFileBytes);
    files.set(path, text);
    fresh.push({ subject, event: written });
  }
  if (operation.recipients) {
    const { applyRecipients } = await import('./apply-secrets.js');
    await applyRecipients(operation.recipients, tip.view, files);
  }
  if (operation.learned) await learn(operation.learned, tip.view, files);
  if (files.size > 0) return { kind: 'commit', files, events: fresh, changes, duplicates };
  return duplicates.length > 0 ? { kind: 'present', changes, duplicates } : { kind: 'unchanged' };
}

/** Applies the edits of a change: adds the state's new text to `files`, and returns what changes. */
async function stateChanges(
  change: StateChange,
  tip: Tip,
  files: Map<string, string | null>,
): Promise<readonly Change[]> {
  const file = statePath(change.deployment);
  const text = readable(await tip.view.read(file), file, change);
  const edits = await editsOf(change, text, tip);
  const schema = text === null ? await stateSchema(tip.view) : null;
  const applied = applyEdits(text, edits, file, schema);
  if (applied.changes.length === 0) return [];
  checkFileSize(file, applied.text, tip.maxFileBytes);
  files.set(file, applied.text);
  return applied.changes;
}

/** Applies the secrets of a subject. Loaded on demand: few operations have any. */
async function secretChanges(
  secrets: SecretWrites,
  { view, maxFileBytes }: Tip,
  files: Map<string, string | null>,
): Promise<Change[]> {
  const { applySecrets } = await import('./apply-secrets.js');
  const { subject } = secrets;
  const path = subject.kind === 'deployment' ? statePath(subject.id) : null;
  const text = path === null ? null : (files.get(path) ?? (await view.read(path)));
  const state = path === null || text === null ? null : parseState(text, path);
  const found = await applySecrets(secrets, view, files, state);
  for (const [file, content] of files) if (content !== null) checkFileSize(file, content, maxFileBytes);
  return found;
}

/** Throws ConflictError if a readable change touches what is a secret of the team. */
async function checkStaysSecret(
  id: string,
  changes: readonly Change[],
  view: StateView,
  files: FileChanges,
): Promise<void> {
  if ((await view.kindOf(secretsFolder(deployment(id)))) === null) return;
  const { checkReadable } = await import('./secret-conditions.js');
  await checkReadable(deployment(id), changes, view, files);
}

/** How many of the newest events of an action are searched for one with the same context. */
const TOLD_AMONG = 64;

/** Whether one of the newest events of this action, on the tip or in this operation, has the same context. */
async function isToldAlready(
  view: StateView,
  subject: Subject,
  event: KgitEvent,
  fresh: readonly SubjectEvent[],
): Promise<boolean> {
  const isSame = (other: KgitEvent) =>
    other.action === event.action && sameValue(other['context'], event['context']);
  const name = formatSubject(subject);
  if (fresh.some((one) => formatSubject(one.subject) === name && isSame(one.event))) return true;
  let count = 0;
  for await (const stored of newestOf(view, subject, event.action)) {
    if (isSame(stored.read())) return true;
    if (++count === TOLD_AMONG) return false;
  }
  return false;
}

async function applySeal(before: string, { view, events }: Tip): Promise<Applied> {
  const { files, sealing } = await sealMonths(view, before);
  if (files.size === 0) return { kind: 'unchanged', sealing };
  events.forget();
  return { kind: 'commit', files, events: [], changes: [], duplicates: [], sealing };
}

/**
 * Records the identity of a management cluster. Throws ConflictError if another identity was recorded since it was
 * learned: two users with different clusters under one name must not replace each other's.
 */
async function learn(
  learned: LearnedManagement,
  view: StateView,
  files: Map<string, string | null>,
): Promise<void> {
  const { name, identity, others = [], before } = learned;
  const text = await view.read(MARKER_FILE);
  const managements = parseState(text ?? '', MARKER_FILE)['managements'];
  const known = recordedIdentities(isMap(managements) ? managements[name] : undefined);
  const wanted = [identity, ...others];
  if (isSame(known, wanted)) return;
  if (before !== undefined && !isSame(known, before)) {
    throw new ConflictError(`management cluster ${name} was identified otherwise meanwhile`, {
      suggestions: [`Look at how ${MARKER_FILE} changed`],
      data: { path: MARKER_FILE, expected: before, actual: known },
    });
  }
  const path = ['managements', name];
  const edits: Edit[] = [{ op: 'set', path: [...path, 'identity'], value: identity }];
  const isListed = isMap(managements) && Object.hasOwn(managements, name);
  if (!isListed && (await isUnusedDefault(managements, view)))
    edits.unshift({ op: 'unset', path: ['managements', DEFAULT_MANAGEMENT] });
  if (others.length > 0) edits.push({ op: 'set', path: [...path, 'other_identities'], value: others });
  else if (known.length > 1) edits.push({ op: 'unset', path: [...path, 'other_identities'] });
  const applied = applyEdits(text, edits, MARKER_FILE);
  if (applied.changes.length > 0) files.set(MARKER_FILE, applied.text);
}

/** Whether the name that `kgit init` wrote is still unused: the first cluster with a name replaces it. */
async function isUnusedDefault(managements: Value | undefined, view: StateView): Promise<boolean> {
  if (!isMap(managements) || !Object.hasOwn(managements, DEFAULT_MANAGEMENT)) return false;
  const entry = managements[DEFAULT_MANAGEMENT];
  const isEmpty = entry === null || (isMap(entry) && Object.keys(entry).length === 0);
  return isEmpty && (await view.kindOf(`${CLUSTERS}/${DEFAULT_MANAGEMENT}`)) === null;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}
