import { FencedError, KgitError } from '../../errors.js';
import { expiresAt, isClaimed, type LeaseClaim, type LeaseRecord } from '../../model/lease/lease.js';
import type { Actor } from '../../model/operation/operation.js';
import type { Clock } from '../port/host.js';
import type { Leases } from './leases.js';

/** How often the keeper checks whether it should stop, in ms. */
const LOOK_MS = 100;
/** Renewals per TTL, and tries per TTL while renewals fail. */
const RENEWALS = 3;
const TRIES = 12;
const TALK_MIN_MS = 1_000;

/** Renews a lease every third of its TTL while a command runs under it, and reports when the lease is lost. */
export class LeaseKeeper {
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #talkMs: number;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();
  #lost: KgitError | null = null;

  /** @param talkMs the longest that one renewal may take, in ms */
  constructor(leases: Leases, clock: Clock, talkMs: number) {
    this.#leases = leases;
    this.#clock = clock;
    this.#talkMs = talkMs;
  }

  /** Why the lease was lost; null while it is held. */
  get lost(): KgitError | null {
    return this.#lost;
  }

  /** Starts renewing. Throws FencedError if the lease is already lost. @param onLost called once */
  async start(claim: LeaseClaim, author: Actor, onLost: () => void): Promise<void> {
    const { record } = await this.#leases.sight.tipOf(claim, this.#talkMs);
    this.#running = this.#keep(claim, record, author).then((error) => {
      this.#lost = error;
      if (error) onLost();
    });
  }

  /** Stops renewing; waits for a renewal in progress. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #keep(claim: LeaseClaim, first: LeaseRecord, author: Actor): Promise<KgitError | null> {
    let record = first;
    let next = record.at + record.ttl / RENEWALS;
    let busy: Promise<void> | null = null;
    let failure: KgitError | null = null;
    const renew = async () => {
      const talk = Math.max(Math.min(this.#talkMs, expiresAt(record) - this.#clock.now()), TALK_MIN_MS);
      try {
        record = await this.#leases.renew(claim, author, talk);
        next = record.at + record.ttl / RENEWALS;
        failure = null;
      } catch (error) {
        if (!(error instanceof KgitError)) throw error;
        failure = error;
        next = this.#clock.now() + record.ttl / TRIES;
      }
    };
    while (!this.#isStopped) {
      if (isFenced(failure)) return failure;
      if (this.#clock.now() >= Math.min(next, expiresAt(record))) {
        // Writes under the lease renew it, too.
        record = await this.#newest(claim, record);
        if (this.#clock.now() >= expiresAt(record)) return expired(claim, failure);
        next = Math.max(next, record.at + record.ttl / RENEWALS);
        if (busy === null && this.#clock.now() >= next)
          busy = renew().finally(() => {
            busy = null;
          });
      }
      await this.#clock.sleep(LOOK_MS);
    }
    await busy;
    return isFenced(failure) ? failure : null;
  }

  async #newest(claim: LeaseClaim, known: LeaseRecord): Promise<LeaseRecord> {
    const held = await this.#leases.held.read(claim.name);
    return held && isClaimed(held.tip.record, claim) && held.tip.record.at > known.at
      ? held.tip.record
      : known;
  }
}

const isFenced = (error: KgitError | null): error is FencedError => error instanceof FencedError;

function expired({ name, token }: LeaseClaim, cause: KgitError | null): FencedError {
  const why = cause ? `: ${cause.message}` : '';
  return new FencedError(`the lease of lock ${name} with token ${token} could not be renewed in time${why}`, {
    data: { name, token, cause: cause?.code ?? null },
    suggestions: [...(cause?.suggestions ?? []), `See who has it now: kgit locks`],
  });
}
