import { errorFromJson, type KgitError, readErrorJson } from '../../errors.js';
import type { Change } from '../../model/event/event.js';
import { isMap } from '../../model/value/value.js';
import type { Sealing } from '../plan/seal-months.js';
import type { Revision } from '../port/state-store.js';

/** How an operation ended, or that it waits. */
export type Delivery =
  | {
      readonly kind: 'published';
      readonly revision: Revision;
      /** How many times the run tried to move the branch. */
      readonly attempts: number;
      readonly changes: readonly Change[];
      /** Ids of its events that existed already. */
      readonly duplicates: readonly string[];
      /** Set for a compact: what it sealed. */
      readonly sealing?: Sealing;
    }
  /** There was nothing to write. */
  | {
      readonly kind: 'unchanged';
      readonly revision: Revision | null;
      readonly attempts: number;
      readonly sealing?: Sealing;
    }
  /** It stays in the outbox. `error` says why; `unknown` means that it may be on the branch all the same. */
  | {
      readonly kind: 'pending';
      readonly error: KgitError;
      readonly attempts: number;
      readonly unknown: boolean;
    }
  /** It can never be carried out, and has left the outbox. */
  | { readonly kind: 'rejected'; readonly error: KgitError; readonly attempts: number };

/** A delivery as JSON, for the process that waits for it. */
export function deliveryToJson(delivery: Delivery): unknown {
  return 'error' in delivery ? { ...delivery, error: delivery.error.toJSON() } : delivery;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** The delivery that `deliveryToJson` wrote; null for anything else. */
export function deliveryFromJson(json: unknown): Delivery | null {
  if (!isMap(json) || !isCount(json['attempts'])) return null;
  const { kind, attempts, revision } = json;
  const sealing = readSealing(json['sealing']);
  const error = readErrorJson(json['error']);
  switch (kind) {
    case 'published': {
      const { changes, duplicates } = json;
      if (!isText(revision) || !Array.isArray(changes) || !Array.isArray(duplicates)) return null;
      if (!changes.every(isChange) || !duplicates.every(isText)) return null;
      return { kind, revision, attempts, changes, duplicates, ...sealing };
    }
    case 'unchanged':
      return revision === null || isText(revision) ? { kind, revision, attempts, ...sealing } : null;
    case 'pending':
      return error && { kind, error: errorFromJson(error), attempts, unknown: json['unknown'] === true };
    case 'rejected':
      return error && { kind, error: errorFromJson(error), attempts };
    default:
      return null;
  }
}

const isChange = (value: unknown): value is Change => isMap(value) && isText(value['path']);

function readSealing(json: unknown): { sealing?: Sealing } {
  if (!isMap(json)) return {};
  const { sealed, files, tooLarge } = json;
  const isMonth = (each: unknown): each is Sealing['sealed'][number] & Sealing['tooLarge'][number] =>
    isMap(each) && isText(each['subject']) && isText(each['month']);
  if (!isCount(files) || !Array.isArray(sealed) || !Array.isArray(tooLarge)) return {};
  return sealed.every(isMonth) && tooLarge.every(isMonth) ? { sealing: { sealed, files, tooLarge } } : {};
}
