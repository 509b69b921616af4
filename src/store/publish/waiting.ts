import { errorFromJson } from '../../errors.js';
import type { Deliveries } from '../outbox/deliveries.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import { retryMs } from './back-off.js';
import { refusedNote } from './publish-errors.js';
import type { PublishRunOptions, PublishRunParts } from './publish-run-parts.js';
import { type Refused, reasonOf } from './splitting.js';

/** What waits in the outbox for one run: first what was not refused before, then what was and is due. */
export class Waiting {
  readonly #parts: Pick<PublishRunParts, 'store' | 'outbox' | 'clock'>;
  readonly #options: PublishRunOptions;
  readonly #deliveries: Deliveries;
  /** The operations that are not tried again in this run. */
  readonly #refused = new Set<string>();

  constructor(
    parts: Pick<PublishRunParts, 'store' | 'outbox' | 'clock'>,
    options: PublishRunOptions,
    deliveries: Deliveries,
  ) {
    this.#parts = parts;
    this.#options = options;
    this.#deliveries = deliveries;
  }

  async list(): Promise<OutboxEntry[]> {
    return (await this.#all()).filter(({ refused }) => !refused);
  }

  /** What was refused alone by an earlier run, and is to be tried again. */
  async refusedBefore(): Promise<OutboxEntry[]> {
    const now = this.#parts.clock.now();
    const isDue = ({ refused }: OutboxEntry) =>
      refused !== undefined && (this.#options.retriesAll || refused.next <= now);
    return (await this.#all()).filter((entry) => isDue(entry) && !this.#refused.has(entry.id));
  }

  async #all(): Promise<OutboxEntry[]> {
    const { target } = this.#parts.store;
    const { released } = this.#options;
    return (await this.#parts.outbox.list()).filter(
      (entry) => entry.operation && entry.target === target && (!entry.isHeld || released.has(entry.id)),
    );
  }

  /** Whether it is known what becomes of an operation in this run. */
  isSettled(id: string): boolean {
    return this.#refused.has(id) || this.#deliveries.isThrough(id);
  }

  /**
   * Has an operation that is refused alone stay behind all others.
   * @returns what the user should know
   */
  async setAside(
    entry: OutboxEntry,
    { error, isBlocked }: Refused,
    attempts: number,
  ): Promise<readonly string[]> {
    this.#refused.add(entry.id);
    const isOwn = entry.id === this.#options.own;
    if (isBlocked && isOwn) {
      await this.#deliveries.refuseOwn([entry], error, attempts);
      return [];
    }
    const times = (entry.refused?.times ?? 0) + 1;
    // What is in the way here may be gone at any time, and to look costs no push.
    const next = this.#parts.clock.now() + (isBlocked ? 0 : retryMs(times));
    await this.#deliveries.leave([entry], error, attempts, false, { times, next });
    if (entry.refused && !isBlocked) await this.#putOff(reasonOf(error.message), next);
    return isOwn || entry.refused ? [] : [refusedNote(entry.id)];
  }

  /** What was refused before for the same reason would be again. */
  async #putOff(reason: string, next: number): Promise<void> {
    for (const entry of await this.refusedBefore()) {
      const { refused, error } = entry;
      if (!refused || !error || reasonOf(error.message) !== reason) continue;
      this.#refused.add(entry.id);
      await this.#parts.outbox.recordTrouble(entry, 0, errorFromJson(error), { ...refused, next });
    }
  }
}
