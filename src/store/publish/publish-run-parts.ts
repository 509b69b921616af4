import type { Leases } from '../lease/leases.js';
import type { Delivery } from '../outbox/delivery.js';
import type { Outbox } from '../outbox/outbox.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';

/** What a run over the outbox works with. */
export interface PublishRunParts {
  readonly store: Backend;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly leases: Leases;
}

export interface PublishRunOptions {
  /** ms since the epoch; one try is made whatever it is. */
  readonly deadline: number;
  /** The operation whose delivery this process returns itself, so it needs no result file. */
  readonly own: string | undefined;
  /** Whether others write just now: the tip is asked for before the first try, which would lose. */
  readonly isRaced: boolean;
  /** Of the operations that a server lost, those that may be published again. */
  readonly released: ReadonlySet<string>;
  /** Whether what was refused before is tried again however short ago that was. */
  readonly retriesAll: boolean;
}

/** What a run over the outbox did. */
export interface PublishReport {
  /** By id of the operation. */
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** What the user should know, such as a checkout left behind. */
  readonly notes: readonly string[];
  /** How many times the branch was tried to move. */
  readonly attempts: number;
  /** Whether others moved the branch meanwhile. */
  readonly isRaced: boolean;
}
