import { ConflictError } from '../../errors.js';
import { makeEvent } from '../../model/operation/make-operation.js';
import type {
  Precondition,
  SecretWrite,
  SecretWrites,
  StateChange,
} from '../../model/operation/operation.js';
import { parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { type DeploymentSubject, deployment } from '../../model/subject/subject.js';
import type { Value } from '../../model/value/value.js';
import { isStateKey } from '../../store/local/withheld-values.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import type { StateView } from '../../store/port/state-store.js';
import { namedDeployment, resolveDeployment } from '../open/subjects.js';
import { requireDeployment, requireKeys } from './known-names.js';
import { writeOperation } from './submit.js';
import type { GivenFields } from './write-events.js';
import type { Writing } from './writing.js';

/** Which deployment is changed. */
export interface Target {
  /** As a user names it; that of the settings, else the only one there is, if left out. */
  readonly deployment?: string | undefined;
  /** Whether the repository need not know it yet. */
  readonly create?: boolean | undefined;
}

/** A change of state, and the event that tells of it. */
export interface Change extends Omit<StateChange, 'deployment' | 'event' | 'preconditions'> {
  /** Of the event: its action, and what else it says. */
  readonly fields: GivenFields;
  readonly preconditions?: readonly Precondition[];
  /** Whether it is taken back if it cannot be published now, as every change with a precondition is. */
  readonly withdraw?: boolean;
  /** Secrets to write or, where undefined, to remove, by path; they are encrypted for the team. */
  readonly secrets?: ReadonlyMap<string, Value | undefined>;
  /** Secrets whose documents are encrypted already: they are written as they are, whoever can read them. */
  readonly documents?: readonly SecretWrite[];
  /** Whether an edit below a top-level key that the state does not have is refused as a likely slip. */
  readonly knownKeysOnly?: boolean;
}

/** A change of state that was written. */
export interface ChangedDeployment {
  readonly subject: DeploymentSubject;
  readonly outcome: WriteOutcome;
}

/** The id of the deployment to change. Throws UsageError, NotFoundError. */
export async function targetDeployment(
  { reading, settings }: Pick<Writing, 'reading' | 'settings'>,
  { deployment: named, create = false }: Target,
): Promise<string> {
  const { view } = reading;
  const id =
    named === undefined
      ? await resolveDeployment({ view, settings })
      : (await namedDeployment(named, view)).id;
  await requireDeployment(view, id, create);
  return id;
}

/**
 * Changes the state of a deployment and leaves its event, as one operation. What single legacy files have in place of a secret that
 * changes is removed.
 * Throws UsageError, NotFoundError, SecretError; then as `submit`.
 */
export async function changeState(
  writing: Writing,
  target: Target,
  change: Change,
): Promise<ChangedDeployment> {
  const id = await targetDeployment(writing, target);
  const { secrets } = change;
  if (!secrets || secrets.size === 0) return changeDeployment(writing, id, change);
  // Loaded on demand: few changes have secrets.
  const { fileVariants } = await import('../secret/file-variants.js');
  const paths = [...secrets.keys()].map(parseStatePath);
  const variants = await fileVariants(writing.reading.view, deployment(id), paths);
  const all = new Map([...variants.map((name) => [name, undefined] as const), ...secrets]);
  return changeDeployment(writing, id, { ...change, secrets: all });
}

/**
 * Changes a state whose edits were worked out from what it holds. Throws as `changeState`.
 * @param id as `targetDeployment` has resolved it
 */
export async function changeDeployment(
  writing: Writing,
  id: string,
  { fields, edits, preconditions = [], withdraw = false, knownKeysOnly = false, ...rest }: Change,
): Promise<ChangedDeployment> {
  const { secrets, documents = [], ...more } = rest;
  if (knownKeysOnly)
    await requireKeys(writing.reading.view, id, [
      ...edits.map(({ path }) => path),
      ...[...(secrets?.keys() ?? [])].filter(isStateKey).map(parseStatePath),
    ]);
  const subject = deployment(id);
  const event = makeEvent(fields, writing.writer);
  const change = { deployment: id, event: event.id, edits, preconditions, ...more };
  const isWithdrawn = withdraw || preconditions.length > 0;
  const write = async (view: StateView) => {
    const hidden = secrets && (await encrypted(writing, { subject, secrets }, event.id, view));
    const taken = { subject, event: event.id, recipients: null, files: documents };
    const all = [...(hidden ? [hidden] : []), ...(documents.length > 0 ? [taken] : [])];
    const parts = { change, ...(all.length > 0 ? { secrets: all } : {}) };
    return writeOperation(writing, [{ subject, event }], parts, isWithdrawn);
  };
  if (!secrets || secrets.size === 0) return { subject, outcome: await write(writing.reading.view) };
  const outcome = await write(writing.reading.view).catch(async (error: unknown) => {
    // The team's recipients have changed since the last fetch: once more, for those of today.
    if (!(error instanceof ConflictError) || error.causeWord !== 'recipients') throw error;
    const { view } = await writing.opened.repository.read({ olderThan: 0 }, writing.settings.timeout);
    return write(view);
  });
  return { subject, outcome };
}

/** Encrypts the secrets of a change. Loaded on demand: few changes have any. */
async function encrypted(
  { settings, environment }: Pick<Writing, 'settings' | 'environment'>,
  { subject, secrets }: Required<Pick<Change, 'secrets'>> & { readonly subject: DeploymentSubject },
  event: string,
  view: StateView,
): Promise<SecretWrites> {
  const [{ encryptSecrets }, { openSops }] = await Promise.all([
    import('../secret/encrypt-secrets.js'),
    import('../../setup/open-sops.js'),
  ]);
  return encryptSecrets({ subject, values: secrets }, event, view, openSops(settings, environment));
}

/**
 * The condition that a path still has the value it was seen with: of a command that works out its edits from what it saw.
 * @param seen undefined where nothing was at the path
 */
export function stillHas(path: StatePath, seen: Value | undefined): Precondition {
  const isImplied = true;
  return seen === undefined
    ? { check: 'absent', path, isImplied }
    : { check: 'equals', path, value: seen, isImplied };
}
