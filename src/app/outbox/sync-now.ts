import { type PendingOperation, pendingOperation } from '../../store/outbox/pending-operation.js';
import type { Clock } from '../../store/port/host.js';
import type { OtherHistory } from '../../store/port/shared-history.js';
import type { Head } from '../../store/port/state-store.js';
import { type SyncResult, syncResult } from '../../store/publish/sync-result.js';
import type { Context } from '../open/configured.js';

export interface SyncParts {
  /** When all use of the network must have ended, in ms since the epoch. */
  readonly deadline: number;
  /** Tells the user something that is not part of the result. */
  readonly note: (message: string) => void;
}

/** What a sync did, and where the repository stands after it. */
export interface Synced {
  readonly result: SyncResult;
  readonly head: Head;
  /** Whether the head moved. */
  readonly hasMoved: boolean;
}

/**
 * Publishes what waits, fetches, and updates the checkout. If something still waits, throws the reason, with what was
 * published in its data.
 */
export async function syncNow(
  { opened, reading }: Pick<Context, 'opened' | 'reading'>,
  { deadline, note }: SyncParts,
): Promise<Synced> {
  const report = await opened.repository.sync(deadline);
  for (const line of report.notes) note(line);
  const { head } = report;
  return { result: syncResult(report), head, hasMoved: head.revision !== reading.revision };
}

export interface AcceptParts {
  readonly clock: Pick<Clock, 'now'>;
  /** Returns if the user agrees to continue with the other history, to which the waiting operations would be applied. Else throws. */
  readonly confirm: (other: OtherHistory, waiting: readonly PendingOperation[]) => Promise<void>;
}

/**
 * Replaces the history known here with the server's if they are unrelated and the user agrees. Returns false if they are
 * related: then there is nothing to accept. Throws RemoteError, EnvironmentError.
 */
export async function acceptRewrite(
  { opened, settings }: Pick<Context, 'opened' | 'settings'>,
  { clock, confirm }: AcceptParts,
): Promise<boolean> {
  const { store, outbox } = opened.repository;
  const other = (await store.shared?.otherHistory(settings.timeout)) ?? null;
  if (other === null) return false;
  const waiting = (await outbox.list()).filter(({ target }) => target === store.target);
  await confirm(
    other,
    waiting.map((entry) => pendingOperation(entry, store.target, clock.now())),
  );
  await store.shared?.acceptHistory(other);
  return true;
}
