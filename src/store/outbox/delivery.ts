import { type ErrorJson, errorFromJson, type KgitError } from '../../errors.js';
import type { Change } from '../../model/event/event.js';
import type { Sealing } from '../plan/seal-months.js';
import type { Revision } from '../port/state-store.js';

/** What became of an operation. */
export type Delivery =
  | {
      readonly kind: 'published';
      readonly revision: Revision;
      /** How many times the branch was tried to move. */
      readonly attempts: number;
      readonly changes: readonly Change[];
      /** Ids of its events that were there already. */
      readonly duplicates: readonly string[];
      /** Of a compact: what it sealed. */
      readonly sealing?: Sealing;
    }
  /** There was nothing to write. */
  | {
      readonly kind: 'unchanged';
      readonly revision: Revision | null;
      readonly attempts: number;
      readonly sealing?: Sealing;
    }
  /** It stays in the outbox; `error` says why, `unknown` that it may have been carried out all the same. */
  | {
      readonly kind: 'pending';
      readonly error: KgitError;
      readonly attempts: number;
      readonly unknown: boolean;
    }
  /** It can never be carried out and is in no outbox. */
  | { readonly kind: 'rejected'; readonly error: KgitError; readonly attempts: number };

/** A delivery as JSON, for the process that waits for it. */
export function deliveryToJson(delivery: Delivery): unknown {
  return 'error' in delivery ? { ...delivery, error: delivery.error.toJSON() } : delivery;
}

/** The delivery that `deliveryToJson` wrote; null for anything else. */
export function deliveryFromJson(json: unknown): Delivery | null {
  const delivery = json as (Delivery & { error?: ErrorJson }) | null;
  if (typeof delivery?.kind !== 'string') return null;
  if ('error' in delivery && typeof delivery.error?.message !== 'string') return null;
  return 'error' in delivery
    ? ({ ...delivery, error: errorFromJson(delivery.error as ErrorJson) } as Delivery)
    : delivery;
}
