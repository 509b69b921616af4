import type { Operation } from '../../model/operation/operation.js';
import type { OpenRepository } from '../../setup/composition.js';
import type { Settings } from '../../setup/settings.js';
import type { Clock } from '../../store/port/host.js';
import { BackgroundPublishing } from '../../store/publish/background-publishing.js';

/** Delay between the first write of a burst and its publishing, so that the burst goes in one push, in ms. */
const PUBLISH_AFTER_MS = 1_000;

/** How often an operation is made anew. */
const MAX_AGAIN = 3;

export interface BackgroundWriterOptions {
  readonly clock: Clock;
  /** Only keeps operations; `kgit sync` publishes them later. */
  readonly isOffline: boolean;
  /** Called with the reason why something could not be published yet. */
  note(message: string): void;
}

/**
 * Writes operations without waiting for the network, or failing because of it: they are durable when `keep` returns,
 * and published in the background soon after.
 */
export class BackgroundWriter {
  readonly #repository: OpenRepository['repository'];
  readonly #publishing: BackgroundPublishing | null;

  constructor(
    { repository, scheduled }: Pick<OpenRepository, 'repository' | 'scheduled'>,
    settings: Pick<Settings, 'publishInterval' | 'timeout'>,
    { clock, isOffline, note }: BackgroundWriterOptions,
  ) {
    this.#repository = repository;
    const { store, outbox } = repository;
    const options = {
      afterMs: Math.max(settings.publishInterval, PUBLISH_AFTER_MS),
      timeoutMs: settings.timeout,
      note,
    };
    this.#publishing = isOffline
      ? null
      : new BackgroundPublishing({ store, outbox, scheduled, clock }, options);
  }

  /**
   * Keeps an operation durably. Throws UsageError if it would not pass review, EnvironmentError.
   * @param again makes it anew, with a new id, if it is refused because others have changed what it was made for; null if nothing is
   * left to write
   */
  async keep(operation: Operation, again?: () => Promise<Operation | null>): Promise<void> {
    await this.#keep(operation, again, MAX_AGAIN);
  }

  async #keep(
    operation: Operation,
    again: (() => Promise<Operation | null>) | undefined,
    left: number,
  ): Promise<void> {
    await this.#repository.keep(operation);
    const anew = async (make: () => Promise<Operation | null>) => {
      const made = await make();
      if (made !== null) await this.#keep(made, make, left - 1);
    };
    this.#publishing?.kept(operation.id, again && left > 0 ? () => anew(again) : undefined);
  }

  /** Publishes at once what was kept and not yet published; call it before the process ends. */
  async finish(): Promise<void> {
    await this.#publishing?.rest();
  }
}
