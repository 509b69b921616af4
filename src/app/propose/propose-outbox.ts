import { ConflictError, errorFromJson, KgitError, NotFoundError, RemoteError } from '../../errors.js';
import type { Operation } from '../../model/operation/operation.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Settings } from '../../setup/settings.js';
import type { Environment } from '../../setup/this-host.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { findForge } from './open-proposals.js';
import { proposeOperation } from './propose-operation.js';
import type { ProposeWrite } from './propose-write.js';
import { proposedJson } from './proposed-json.js';

/** Which operations of an outbox to propose, and how. */
export interface ProposeOutbox extends ProposeWrite {
  /** One operation; all that wait if left out. */
  readonly id: string | undefined;
}

/** A waiting write that could not be proposed. */
interface NotProposed {
  readonly operation: string;
  readonly error: KgitError;
}

/**
 * Proposes the waiting operations of a clone's outbox in order, and removes each once it is on the branch of a
 * proposal. One that fails stays, and the others go on. If the remote or its forge does not answer, or denies access,
 * the rest is not tried. Returns those that were proposed. Throws NotFoundError for an operation that does not wait;
 * the first failure, with a list of all, if one could not be proposed.
 * @param note tells the user something that is not part of the result
 */
export async function proposeOutbox(
  opened: OpenRepository,
  settings: Settings,
  environment: Environment,
  { id, ...options }: ProposeOutbox,
  note: (message: string) => void,
): Promise<readonly WriteOutcome[]> {
  const { outbox, store } = opened.repository;
  const waiting = (await outbox.list()).filter(
    (entry) => entry.target === store.target && (id === undefined || entry.id === id),
  );
  if (id !== undefined && waiting.length === 0)
    throw new NotFoundError(`there is no waiting operation ${id}`, {
      suggestions: ["'kgit outbox' lists the waiting operations"],
      data: { id },
    });
  const found = await findForge(opened, settings, environment, options.deadline);
  const outcomes: WriteOutcome[] = [];
  const failed: NotProposed[] = [];
  const notes = new Set<string>();
  for (const { operation } of waiting) {
    if (operation === null) continue;
    try {
      refuseClaimed(operation);
      const outcome = await proposeOperation(opened, operation, { ...options, found });
      await outbox.remove(operation.id);
      outcomes.push(outcome);
      for (const line of outcome.notes) notes.add(line);
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      failed.push({ operation: operation.id, error });
      if (error instanceof RemoteError) break;
    }
  }
  for (const line of notes) note(line);
  const [first, ...others] = failed;
  if (first) throw notProposed([first, ...others], outcomes.map(proposedJson));
  return outcomes;
}

/** Throws ConflictError for a write under a lock. */
function refuseClaimed({ id, claim }: Operation): void {
  if (!claim) return;
  throw new ConflictError(`the write ${id} is under the lock ${claim.name}`, {
    data: { id, lock: claim.name },
    suggestions: ['A lock guards only what is published at once; to discard the write: kgit outbox drop ID'],
  });
}

/** The first failure, with a list of everything that was and was not proposed. */
function notProposed(
  failed: readonly [NotProposed, ...NotProposed[]],
  proposed: readonly Record<string, unknown>[],
): KgitError {
  const [{ error }] = failed;
  const lines = failed.map(({ operation, error: { message } }) => `${operation}: ${message}`);
  const stay = failed.length === 1 ? 'a write; it stays' : `${failed.length} writes; they stay`;
  const done = proposed.length > 0 ? ` (${proposed.length} proposed)` : '';
  return errorFromJson({
    ...error.toJSON(),
    message: `cannot propose ${stay} in the outbox${done}\n${lines.join('\n')}`,
    suggestions: [
      ...error.suggestions,
      "To discard a write: kgit outbox drop ID; 'kgit outbox' lists what waits",
    ],
    data: {
      ...error.data,
      proposed,
      failed: failed.map(({ operation, error: { code, message } }) => ({ operation, code, message })),
    },
  });
}
