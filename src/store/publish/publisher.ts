import { InternalError, RemoteError } from '../../errors.js';
import type { ProcessLock } from '../local/process-lock.js';
import type { Delivery } from '../outbox/delivery.js';
import type { PublishReport, PublishRunOptions, PublishRunParts } from './publish-run.js';
import { dueAt, isRaced, joinWindow } from './publish-schedule.js';
import type { PushLog } from './push-log.js';

const WAIT_MIN_MS = 5;
const WAIT_MAX_MS = 250;
const WITHDRAW_MS = 2_000;

export interface PublisherParts extends PublishRunParts {
  /** Held by the one process of a clone that publishes. */
  readonly publishLock: ProcessLock;
  readonly pushes: PushLog;
}

/** A delivery, what the user should know beside it, and whether the operation is still in the outbox. */
export interface Delivered {
  readonly delivery: Delivery;
  readonly notes: readonly string[];
  readonly kept: boolean;
}

/**
 * Brings operations from the outbox to the branch, one process of a clone at a time: whoever holds the publish lock
 * publishes all that waits, and leaves the others their results.
 */
export class Publisher {
  readonly #parts: PublisherParts;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /**
   * Publishes what waits until `id` is through or `deadline` (ms since the epoch) has passed.
   * @param keep whether the operation stays in the outbox when it cannot be published now
   * @param intervalMs how long it waits for others to go along (`publish.interval`), half of the time at most
   */
  async deliver(id: string, deadline: number, keep: boolean, intervalMs = 0): Promise<Delivered> {
    const told = await this.#turnOf(id, deadline, await this.#notBefore(deadline, intervalMs));
    if (told === 'own turn') return this.#publishOwn(id, deadline, keep);
    if (told.kind !== 'pending') return { delivery: told, notes: [], kept: false };
    if (keep) return { delivery: told, notes: [], kept: true };
    return { delivery: await this.#withdraw(id, told), notes: [], kept: false };
  }

  async #notBefore(deadline: number, intervalMs: number): Promise<number> {
    const { store, outbox, pushes, clock } = this.#parts;
    const now = clock.now();
    if (intervalMs === 0 || !store.isRemote) return now;
    const due = dueAt(await outbox.list(), await pushes.read(), intervalMs, now) ?? now;
    return Math.min(due, now + (deadline - now) / 2);
  }

  /** Waits until another process has published the operation, or until this one holds the publish lock and is to do so. */
  async #turnOf(id: string, deadline: number, notBefore: number): Promise<Delivery | 'own turn'> {
    const { outbox, publishLock, clock } = this.#parts;
    for (let wait = WAIT_MIN_MS; ; wait = Math.min(wait * 1.5, WAIT_MAX_MS)) {
      const result = await outbox.takeResult(id);
      if (result) return result;
      if (clock.now() >= notBefore && (await publishLock.tryAcquire())) return 'own turn';
      if (clock.now() >= deadline) return overtaken();
      await clock.sleep(wait * (0.5 + clock.random() / 2));
    }
  }

  /** Publishes what waits, under the publish lock, and gives the lock back. */
  async #publishOwn(id: string, deadline: number, keep: boolean): Promise<Delivered> {
    const { outbox, publishLock } = this.#parts;
    try {
      // The holder before us may have published it between the look and the lock.
      const late = await outbox.takeResult(id);
      const report = late ? null : await this.#run(deadline, id);
      // Who publishes beside us, because a lock was broken, leaves the result before the operation is out.
      const delivery = late ?? report?.deliveries.get(id) ?? (await outbox.takeResult(id)) ?? dropped(id);
      const isPending = delivery.kind === 'pending';
      if (isPending && !keep) await outbox.remove(id);
      return { delivery, notes: report?.notes ?? [], kept: isPending && keep };
    } finally {
      await publishLock.release();
    }
  }

  /** Takes an operation back. Only under the publish lock is it certain that nobody is publishing it just now. */
  async #withdraw(id: string, pending: Delivery & { kind: 'pending' }): Promise<Delivery> {
    const { outbox, publishLock, clock } = this.#parts;
    const isHolder = await this.#acquire(clock.now() + WITHDRAW_MS);
    try {
      const late = await outbox.takeResult(id);
      if (late && late.kind !== 'pending') return late;
      await outbox.remove(id);
      return { ...pending, unknown: pending.unknown || !isHolder || publishLock.isInherited };
    } finally {
      if (isHolder) await publishLock.release();
    }
  }

  /**
   * Publishes all that waits; null when another process is at it until `deadline`.
   * @param released of the operations that a server lost, those that go along
   * @param retriesAll whether what was refused before is tried again however short ago that was
   */
  async publishAll(
    deadline: number,
    released: ReadonlySet<string> = new Set(),
    retriesAll = false,
  ): Promise<PublishReport | null> {
    if (!(await this.#acquire(deadline))) return null;
    try {
      return await this.#run(deadline, undefined, { released, retriesAll });
    } finally {
      await this.#parts.publishLock.release();
    }
  }

  async #acquire(deadline: number): Promise<boolean> {
    const { publishLock, clock } = this.#parts;
    while (!(await publishLock.tryAcquire())) {
      if (clock.now() >= deadline) return false;
      await clock.sleep(WAIT_MAX_MS);
    }
    return true;
  }

  /** One run over the outbox, noted in the log of pushes. Only under the publish lock. */
  async #run(
    deadline: number,
    own: string | undefined,
    what: Pick<PublishRunOptions, 'released' | 'retriesAll'> = { released: new Set(), retriesAll: false },
  ): Promise<PublishReport> {
    // Reads, and writes that are queued, publish nothing.
    const { PublishRun } = await import('./publish-run.js');
    const { store, outbox, pushes, publishLock, clock } = this.#parts;
    const began = clock.now();
    const known = await pushes.read();
    const window = store.isRemote && own !== undefined ? joinWindow(known, began) : 0;
    if (window > 0) await clock.sleep(Math.min(window, Math.max(deadline - began, 0)));
    const mayHaveLanded = publishLock.isInherited;
    const run = new PublishRun(this.#parts, {
      deadline,
      own,
      isRaced: isRaced(known, began),
      pushes: known,
      mayHaveLanded,
      ...what,
    });
    const report = await run.run().catch(async (error: unknown) => {
      if (own === undefined) throw error;
      // A tip whose objects lie at the remote alone cannot be applied to just now.
      if (error instanceof RemoteError) return interrupted(own, error, mayHaveLanded);
      // A run that cannot be ended (disk full, a broken file) must not leave an operation that was told to have failed.
      await outbox.remove(own);
      throw error;
    });
    // A write that another clone pushed took no attempt of this one.
    if (report.attempts > 0 || report.isRaced) {
      const outcomes = [...report.deliveries.values()];
      const at = clock.now();
      await pushes.add({
        at,
        ms: at - began,
        attempts: report.attempts,
        operations: outcomes.length,
        isPublished: outcomes.some(({ kind }) => kind === 'published'),
        isRaced: report.isRaced,
        ...(report.sinceMs === null ? {} : { sinceMs: report.sinceMs }),
      });
    }
    return report;
  }
}

/** The report of a run that could not be ended, whose operation stays in the outbox. */
function interrupted(own: string, error: RemoteError, unknown: boolean): PublishReport {
  const delivery: Delivery = { kind: 'pending', error, attempts: 0, unknown };
  return { deliveries: new Map([[own, delivery]]), notes: [], attempts: 0, isRaced: false, sinceMs: null };
}

function overtaken(): Delivery {
  const error = new RemoteError(
    'another kgit process of this clone is publishing and has not come to this write yet',
    {
      suggestions: ["'kgit outbox' shows what waits; 'kgit sync' publishes it"],
    },
  );
  return { kind: 'pending', error, attempts: 0, unknown: false };
}

function dropped(id: string): Delivery {
  const error = new InternalError(`operation ${id} is no longer in the outbox: somebody dropped it`);
  return { kind: 'rejected', error, attempts: 0 };
}
