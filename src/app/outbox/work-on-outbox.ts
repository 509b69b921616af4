import { NotFoundError } from '../../errors.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Environment } from '../../setup/this-host.js';
import { isCi } from '../../setup/trust.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { type PendingOperation, pendingOperation } from '../../store/outbox/pending-operation.js';
import type { Clock } from '../../store/port/host.js';
import type { Configured } from '../open/configured.js';

/** What to do with the operations that wait. */
export type OutboxIntent =
  | { readonly verb: 'list' }
  /** Publish all of them now. */
  | { readonly verb: 'retry' }
  /** Discard one for good, or put back one that the remote has lost. */
  | { readonly verb: 'drop' | 'requeue'; readonly id: string }
  /** Propose one, or all if `id` is undefined. */
  | {
      readonly verb: 'propose';
      readonly id: string | undefined;
      readonly title: string | undefined;
      readonly branch: string | undefined;
    };

export interface OutboxParts {
  readonly environment: Environment;
  readonly clock: Pick<Clock, 'now'>;
  /** When all use of the network must have ended, in ms since the epoch. */
  readonly deadline: number;
  /** Tells the user something that is not part of the result. */
  readonly note: (message: string) => void;
}

/** What waits now, and what was proposed. */
export interface OutboxReport {
  readonly operations: readonly PendingOperation[];
  /** Null unless operations were to be proposed. */
  readonly proposed: readonly WriteOutcome[] | null;
}

/** Lists the operations that wait, in the order in which they were made. @param now ms since the epoch */
export async function listOutbox(
  { repository }: Pick<OpenRepository, 'repository'>,
  now: number,
): Promise<PendingOperation[]> {
  const { outbox, store } = repository;
  return (await outbox.list()).map((entry) => pendingOperation(entry, store.target, now));
}

/**
 * Works on the operations that wait, and lists what waits then. Throws NotFoundError if the named operation is not there,
 * and why something could not be published or proposed.
 */
export async function workOnOutbox(
  { opened, settings }: Pick<Configured, 'opened' | 'settings'>,
  intent: OutboxIntent,
  parts: OutboxParts,
): Promise<OutboxReport> {
  const { repository } = opened;
  const { outbox } = repository;
  const { environment, clock, deadline, note } = parts;
  let proposed: readonly WriteOutcome[] | null = null;
  if (intent.verb === 'drop' && !(await outbox.remove(intent.id)))
    throw new NotFoundError(`there is no waiting operation ${intent.id}`, {
      suggestions: ["'kgit outbox' lists the waiting operations"],
      data: { id: intent.id },
    });
  if (intent.verb === 'requeue' && !(await outbox.requeue(intent.id, null)))
    throw new NotFoundError(`no operation ${intent.id} is among those that this clone published and keeps`, {
      suggestions: ["Published operations are kept for publish.keep; 'kgit log' shows what is at the remote"],
      data: { id: intent.id },
    });
  if (intent.verb === 'propose') {
    const { verb: _verb, ...which } = intent;
    const { proposeOutbox } = await import('../propose/propose-outbox.js');
    const options = { ...which, mustOpen: isCi(environment), deadline };
    proposed = await proposeOutbox(opened, settings, environment, options, note);
  }
  if (intent.verb === 'retry') {
    const { notes, error } = await repository.sync(deadline);
    for (const line of notes) note(line);
    if (error) throw error;
  }
  return { operations: await listOutbox(opened, clock.now()), proposed };
}
