/** What a target of notifications has done, and what it waits for. Times are ms since the epoch. */
export interface NotificationTarget {
  readonly name: string;
  /** Such as `slack` or `webhook`. */
  readonly type: string;
  readonly rules: readonly string[];
  /** What it does now, such as `idle` or `retrying`. */
  readonly state: string;
  /** Messages that wait. */
  readonly waiting: number;
  /** Tries of what is being sent. */
  readonly attempts: number;
  /** When it is tried again; null if nothing failed. */
  readonly nextTry: number | null;
  readonly delivered: number;
  /** Messages that each stood for several. */
  readonly digests: number;
  readonly retries: number;
  /** Messages that were given up. */
  readonly dead: number;
  /** How often news were gone before the target had them. */
  readonly gaps: number;
  readonly lastDelivery: number | null;
  readonly lastFailure: { readonly at: number; readonly reason: string } | null;
  /** The latest of the messages that were given up. */
  readonly lastDead: readonly {
    readonly id: string;
    readonly title: string;
    readonly at: number;
    readonly attempts: number;
    readonly reason: string;
  }[];
  /** Why its place cannot be kept, so that a restart sends messages again; null if it can. */
  readonly problem: string | null;
}
