import type { ProcessLock } from '../local/process-lock.js';
import type { Outbox, OutboxEntry } from '../outbox/outbox.js';
import type { Clock } from '../port/host.js';
import { dueAt } from './publish-schedule.js';
import type { Publisher } from './publisher.js';
import type { PushLog } from './push-log.js';

/** How often it looks whether something waits still, in ms. */
const LOOK_MS = 5_000;

export interface ScheduledPublisherParts {
  readonly publisher: Publisher;
  readonly outbox: Outbox;
  readonly pushes: PushLog;
  /** Held by the one process of a clone that publishes in the background. */
  readonly backgroundLock: ProcessLock;
  readonly clock: Clock;
  /** Where the operations go that it publishes. */
  readonly target: string;
}

/** Publishes what waits when it is due (`publish.interval`), behind the back of the commands that wrote it. */
export class ScheduledPublisher {
  readonly #parts: ScheduledPublisherParts;

  constructor(parts: ScheduledPublisherParts) {
    this.#parts = parts;
  }

  /** Whether a process is at it already: it sees what is in the outbox before it ends. */
  isRunning(): Promise<boolean> {
    return this.#parts.backgroundLock.isHeld();
  }

  /**
   * Waits and publishes until nothing waits that was not tried; what a remote did not take is left to the next
   * write and to `kgit sync`. Ends at once where another process is at it.
   */
  async run(intervalMs: number, timeoutMs: number): Promise<void> {
    const { backgroundLock } = this.#parts;
    // Looked at once more behind the release: a writer that saw the lock held has started nobody.
    while ((await this.#untried()).length > 0 && (await backgroundLock.tryAcquire())) {
      try {
        await this.#publishWhenDue(intervalMs, timeoutMs);
      } finally {
        await backgroundLock.release();
      }
    }
  }

  async #publishWhenDue(intervalMs: number, timeoutMs: number): Promise<void> {
    const { publisher, pushes, clock } = this.#parts;
    for (let isLast = false; ; ) {
      const due = dueAt(await this.#untried(), await pushes.read(), intervalMs, clock.now());
      if (due === null) {
        if (isLast) return;
        // Who wrote just now may write again, and to stay costs less than the next one's start.
        isLast = true;
        await clock.sleep(Math.min(intervalMs, LOOK_MS));
        continue;
      }
      isLast = false;
      const left = due - clock.now();
      // Somebody else may publish it all meanwhile.
      if (left > 0) await clock.sleep(Math.min(left, LOOK_MS));
      else if (!(await publisher.publishAll(clock.now() + timeoutMs))) return;
    }
  }

  async #untried(): Promise<OutboxEntry[]> {
    const { outbox, target } = this.#parts;
    return (await outbox.list()).filter(
      (entry) => entry.operation && entry.target === target && entry.attempts === 0 && !entry.isHeld,
    );
  }
}
