import { KgitError, RemoteError } from '../../errors.js';
import type { Outbox } from '../outbox/outbox.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';
import type { ScheduledPublisher } from './scheduled-publisher.js';

/** Longest pause between tries while the remote does not answer, in ms. */
const MAX_PAUSE_MS = 60_000;
/** A process that keeps writing spends at most one part in this many of its time on publishing. */
const PUBLISHING_PART = 10;
/** Longest pause for that, in ms. */
const MAX_BUSY_PAUSE_MS = 10_000;
/** How often it checks whether the process is ending, in ms. */
const LOOK_MS = 250;

export interface BackgroundPublishingParts {
  readonly store: Backend;
  readonly outbox: Outbox;
  readonly scheduled: ScheduledPublisher;
  readonly clock: Clock;
}

export interface BackgroundPublishingOptions {
  /** Delay between the first write of a burst and publishing it, so that the burst goes in one push, in ms. */
  readonly afterMs: number;
  /** Time limit of one try, in ms. */
  readonly timeoutMs: number;
  /** Called with the reason when something could not be published: it waits durably, and `kgit outbox` shows it. */
  note(message: string): void;
}

/**
 * Publishes what one process writes, in the background. While the remote does not answer, tries become less frequent, and
 * each asks the remote before it reads the outbox, so that the cost of a write does not grow with the outbox.
 */
export class BackgroundPublishing {
  readonly #parts: BackgroundPublishingParts;
  readonly #options: BackgroundPublishingOptions;
  /** Operations written since the last try. */
  readonly #fresh: string[] = [];
  /** What keeps an operation anew if it is refused, by id. */
  readonly #anew = new Map<string, () => Promise<void>>();
  #running: Promise<void> | null = null;
  #pauseMs: number;
  #isEnding = false;

  constructor(parts: BackgroundPublishingParts, options: BackgroundPublishingOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#pauseMs = options.afterMs;
  }

  /**
   * Schedules an operation that is in the outbox for publishing.
   * @param anew keeps it anew if it is refused because others have changed what it was made for
   */
  kept(id: string, anew?: () => Promise<void>): void {
    this.#fresh.push(id);
    if (anew) this.#anew.set(id, anew);
    this.#begin();
  }

  #begin(): void {
    this.#running ??= this.#publishSoon().finally(() => {
      this.#running = null;
      if (this.#fresh.length > 0 && !this.#isEnding) this.#begin();
    });
  }

  async #publishSoon(): Promise<void> {
    for (let left = this.#pauseMs; left > 0 && !this.#isEnding; left -= LOOK_MS)
      await this.#parts.clock.sleep(Math.min(left, LOOK_MS));
    if (!this.#isEnding) await this.#publish();
  }

  /** Publishes what is left, without a pause, before the process ends. */
  async rest(): Promise<void> {
    this.#isEnding = true;
    await this.#running;
    // What was refused is kept anew, a few times.
    while (this.#fresh.length > 0) await this.#publish();
  }

  async #publish(): Promise<void> {
    const fresh = this.#fresh.splice(0);
    const { outbox, scheduled, clock } = this.#parts;
    const began = clock.now();
    const { afterMs, timeoutMs, note } = this.#options;
    try {
      const error = (await outbox.size()) > fresh.length ? await this.#whyAway() : null;
      if (error === null) await scheduled.run(0, timeoutMs);
      else {
        for (const id of fresh) await outbox.recordTrouble({ id, attempts: 0 }, 1, error);
        note(`not published yet: ${error.message}`);
      }
    } catch (error) {
      if (!(error instanceof KgitError)) throw error;
      note(`not published yet: ${error.message}`);
    }
    await this.#keepAnew();
    const isLeft = (await outbox.size()) > 0;
    // On a busy machine publishing would slow down the scripts.
    const busy = Math.min((clock.now() - began) * (PUBLISHING_PART - 1), MAX_BUSY_PAUSE_MS);
    this.#pauseMs = isLeft ? Math.min(this.#pauseMs * 2, MAX_PAUSE_MS) : Math.max(afterMs, busy);
  }

  /** Keeps operations anew that were refused, whoever tried to publish them. If that fails, `kgit sync` reports the refusal. */
  async #keepAnew(): Promise<void> {
    if (this.#anew.size === 0) return;
    const { outbox } = this.#parts;
    const waiting = new Set(await outbox.ids());
    for (const [id, anew] of [...this.#anew]) {
      if (waiting.has(id)) continue;
      this.#anew.delete(id);
      if ((await outbox.rejection(id))?.code !== 'CONFLICT') continue;
      try {
        await anew();
        await outbox.takeResult(id);
      } catch (error) {
        if (!(error instanceof KgitError)) throw error;
        this.#options.note(`refused, and not written again: ${error.message}`);
      }
    }
  }

  /** The error of a remote that does not answer; null if it does. */
  async #whyAway(): Promise<RemoteError | null> {
    const { store } = this.#parts;
    if (!store.isRemote) return null;
    try {
      await store.refresh(this.#options.timeoutMs);
      return null;
    } catch (error) {
      if (error instanceof RemoteError) return error;
      throw error;
    }
  }
}
