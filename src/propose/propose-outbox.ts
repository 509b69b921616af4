import type { OpenRepository } from '../composition.js';
import { ConflictError, NotFoundError } from '../errors.js';
import type { Settings } from '../settings.js';
import type { WriteOutcome } from '../store/outcomes.js';
import type { Environment } from '../this-host.js';
import { findForge } from './open-proposals.js';
import { proposeOperation } from './propose-operation.js';
import type { ProposeWrite } from './propose-write.js';

/** What of an outbox is proposed. */
export interface ProposeOutbox extends ProposeWrite {
  /** One operation; all that wait where left out. */
  readonly id: string | undefined;
}

/**
 * Proposes what waits in the outbox of a clone, in its order, and takes each out once it is on the branch of a proposal;
 * what comes behind one that cannot be proposed stays. Throws NotFoundError, ConflictError for a write under a lock, and
 * as `proposeOperation`.
 */
export async function proposeOutbox(
  opened: OpenRepository,
  settings: Settings,
  environment: Environment,
  { id, ...options }: ProposeOutbox,
): Promise<{ readonly outcomes: WriteOutcome[]; readonly notes: ReadonlySet<string> }> {
  const { outbox, store } = opened.repository;
  const waiting = (await outbox.list()).filter(
    (entry) => !entry.isForeign && entry.target === store.target && (id === undefined || entry.id === id),
  );
  if (id !== undefined && waiting.length === 0)
    throw new NotFoundError(`no operation ${id} waits`, {
      suggestions: ["'kgit outbox' lists those that do"],
      data: { id },
    });
  const found = await findForge(opened, settings, environment, options.deadline);
  const outcomes: WriteOutcome[] = [];
  const notes = new Set<string>();
  for (const { operation } of waiting) {
    if (operation === null) continue;
    if (operation.claim)
      throw new ConflictError(`the write ${operation.id} is under the lock ${operation.claim.name}`, {
        data: { id: operation.id, lock: operation.claim.name },
        suggestions: ['A lock guards what is published now: kgit outbox drop takes it out'],
      });
    const outcome = await proposeOperation(opened, operation, { ...options, found });
    await outbox.remove(operation.id);
    outcomes.push(outcome);
    for (const note of outcome.notes) notes.add(note);
  }
  return { outcomes, notes };
}
