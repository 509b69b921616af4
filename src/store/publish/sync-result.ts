import { ERROR_CLASSES, type ErrorCode } from '../../errors.js';
import type { SyncReport } from '../outbox/outcomes.js';

/** What a sync did, for scripts. */
export interface SyncResult {
  /** Ids of the operations that it published. */
  readonly published: readonly string[];
  /** Operations that could not be carried out any more; they are in no outbox. */
  readonly rejected: readonly {
    readonly operation: string;
    readonly code: ErrorCode;
    readonly message: string;
  }[];
  /** How many operations wait still. */
  readonly pending: number;
  /** How many revisions the checkout is behind, where something is in its way. */
  readonly behind: number;
}

/**
 * The result of a sync; throws what is in the way where something waits still, with what was published in its data.
 * @internal
 */
export function syncResult({ published, rejected, pending, behind, error }: SyncReport): SyncResult {
  if (error) {
    throw new ERROR_CLASSES[error.code](error.message, {
      suggestions: error.suggestions,
      data: { ...error.data, published, pending: pending.length },
    });
  }
  return {
    published,
    rejected: rejected.map(({ id, error: why }) => ({
      operation: id,
      code: why.code,
      message: why.message,
    })),
    pending: pending.length,
    behind,
  };
}
