import type { TargetType } from './config/notify-config.js';
import type { DeadMessage } from './delivery/place.js';

/** What a target does now. */
export type TargetState = 'idle' | 'sending' | 'waiting' | 'retrying' | 'stopped';

/** What a target has done, and what it waits for. Times are ms since the epoch. */
export interface TargetStatus {
  readonly name: string;
  readonly type: TargetType;
  readonly rules: readonly string[];
  readonly state: TargetState;
  /** The news item up to which everything is settled; null: none yet. */
  readonly after: string | null;
  /** Messages that wait: those that were read ahead, 1,000 at most. */
  readonly waiting: number;
  /** Tries of what is being sent. */
  readonly attempts: number;
  /** When it is tried again; null if nothing failed. */
  readonly nextTry: number | null;
  readonly delivered: number;
  readonly digests: number;
  readonly retries: number;
  /** Messages that were given up. */
  readonly dead: number;
  /** How often news were gone before the target had them. */
  readonly gaps: number;
  readonly lastDelivery: number | null;
  readonly lastFailure: { readonly at: number; readonly reason: string } | null;
  /** The latest of the messages that were given up. */
  readonly lastDead: readonly DeadMessage[];
  /** Why its place cannot be kept, so that a restart would send messages again; null if it can. */
  readonly problem: string | null;
}
