import type { OutboxNews } from '../../news/news-item.js';
import type { PositionChanges, Positions } from '../../news/segment.js';

const KEY = 'outbox';

/** Writes of this machine that wait to be published. */
export interface WaitingWrites {
  readonly waiting: number;
  /** When the oldest one was made, in ms since the epoch; null if none waits. */
  readonly oldest: number | null;
}

/** Tells once that writes wait for too long, and once that none waits any more. */
export class OutboxWatch {
  readonly #stuckMs: number;
  #isStuck: boolean;

  constructor(positions: Positions, stuckMs: number) {
    this.#stuckMs = stuckMs;
    this.#isStuck = positions.get(KEY) === 'stuck';
  }

  /** @param now ms since the epoch */
  take(
    { waiting, oldest }: WaitingWrites,
    now: number,
  ): { readonly news: readonly OutboxNews[]; readonly positions: PositionChanges } {
    const isLate = oldest !== null && now - oldest >= this.#stuckMs;
    const isStuck = waiting > 0 && (this.#isStuck || isLate);
    if (isStuck === this.#isStuck) return { news: [], positions: {} };
    this.#isStuck = isStuck;
    const document = {
      type: isStuck ? 'stuck' : 'published',
      waiting,
      oldest: oldest === null ? null : new Date(oldest).toISOString(),
      observedAt: new Date(now).toISOString(),
    } as const;
    return { news: [{ kind: 'outbox', document }], positions: { [KEY]: isStuck ? 'stuck' : null } };
  }
}
