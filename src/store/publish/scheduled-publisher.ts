import type { ProcessLock } from '../local/process-lock.js';
import type { Outbox, OutboxEntry } from '../outbox/outbox.js';
import type { Clock } from '../port/host.js';
import { dueAt } from './publish-schedule.js';
import type { Publisher } from './publisher.js';
import type { PushLog } from './push-log.js';

/** How often it checks whether something is left to publish, in ms. */
const LOOK_MS = 5_000;

export interface ScheduledPublisherParts {
  readonly publisher: Publisher;
  readonly outbox: Outbox;
  readonly pushes: PushLog;
  /** Held by the one process of a clone that publishes in the background. */
  readonly backgroundLock: ProcessLock;
  readonly clock: Clock;
  /** The store that it publishes to. */
  readonly target: string;
}

/** Publishes the outbox when it is due (`publish.interval`), in the background of the commands that wrote it. */
export class ScheduledPublisher {
  readonly #parts: ScheduledPublisherParts;

  constructor(parts: ScheduledPublisherParts) {
    this.#parts = parts;
  }

  /** Whether a process is publishing in the background already: it checks the outbox before it ends. */
  isRunning(): Promise<boolean> {
    return this.#parts.backgroundLock.isHeld();
  }

  /**
   * Publishes until every operation in the outbox was tried. What the remote did not take is left to the next write and
   * to `kgit sync`. Returns at once if another process does this already.
   */
  async run(intervalMs: number, timeoutMs: number): Promise<void> {
    const { backgroundLock } = this.#parts;
    // Checked once more after the release: a writer that saw the lock held has started no publisher.
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
        // A script that has just written may write again, and staying costs less than starting anew.
        isLast = true;
        await clock.sleep(Math.min(intervalMs, LOOK_MS));
        continue;
      }
      isLast = false;
      const left = due - clock.now();
      // Another process may publish everything meanwhile.
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
