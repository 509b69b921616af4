import { ConflictError, InvalidStateError, RemoteError } from '../../errors.js';
import { ended } from '../local/push-line.js';
import type { Turn, Turns } from '../local/turns.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import { type BatchPlan, planBatch } from '../plan/plan-batch.js';
import type { Backend } from '../port/backend.js';
import type { Clock } from '../port/host.js';
import type { LockMove } from '../port/lease-store.js';
import type { BuiltCommits } from '../port/shared-pushes.js';
import type { Revision, SwapOutcome } from '../port/state-store.js';
import { checkVersion } from '../read/records.js';
import { type Tried, untilNextMs } from './back-off.js';
import { announced, type Landed, type PlanOn, SharedPush } from './shared-push.js';

export interface RunTurnParts {
  readonly store: Backend;
  readonly turns: Turns;
  readonly clock: Clock;
}

/** How the wait for the turn ended. */
export interface TurnTaken {
  /** Whether others had it first. */
  readonly isWaitedFor: boolean;
  /** What was published with the commits of other clones meanwhile; null if nothing was. */
  readonly shared: Landed | null;
  /** How many pushes this clone made for that. */
  readonly pushes: number;
  /** Whether commits of this clone were in a push of which it is not known how it ended. */
  readonly mayHaveLanded: boolean;
}

const HAS_IT: TurnTaken = { isWaitedFor: false, shared: null, pushes: 0, mayHaveLanded: false };

/** The turn of one run over the outbox among the clones that the user has on this machine. */
export class RunTurn {
  readonly #parts: RunTurnParts;
  readonly #deadline: number;
  #turn: Turn | null = null;

  /** @param deadline ms since the epoch */
  constructor(parts: RunTurnParts, deadline: number) {
    this.#parts = parts;
    this.#deadline = deadline;
  }

  /** Whether another clone has the turn now. */
  async isTaken(): Promise<boolean> {
    return this.#parts.turns.isTaken(this.#parts.store.target);
  }

  /**
   * Waits for the turn, unless this clone has it. Meanwhile what waits is published with the commits of other clones, if
   * they share pushes.
   * @param head what this clone takes the branch to be
   * @param timeoutMs for each talk with the remote
   */
  async take(head: Revision | null, planOn: PlanOn, timeoutMs: number): Promise<TurnTaken> {
    if (this.#turn !== null) return HAS_IT;
    const { store, turns } = this.#parts;
    const push = await this.#sharedPush(head, planOn, timeoutMs);
    this.#turn = await turns.take(store.target, this.#deadline, push ? () => push.look() : undefined);
    const { isWaitedFor, isHeld } = this.#turn;
    if (push === null) return { ...HAS_IT, isWaitedFor };
    const shared = await push.end(isHeld, timeoutMs);
    return { isWaitedFor, shared, pushes: push.pushes, mayHaveLanded: push.mayHaveLanded };
  }

  async #sharedPush(head: Revision | null, planOn: PlanOn, timeoutMs: number): Promise<SharedPush | null> {
    const { store, clock } = this.#parts;
    const { sharedPushes: shared } = store;
    const record = await this.#record();
    if (head === null || !shared || record === null) return null;
    const refresh = async () => {
      try {
        return (await store.refresh(timeoutMs)).revision;
      } catch (error) {
        // Told to the user when it is this clone's turn.
        if (
          error instanceof RemoteError ||
          error instanceof ConflictError ||
          error instanceof InvalidStateError
        )
          return null;
        throw error;
      }
    };
    return new SharedPush({ shared, record, clock, refresh }, head, planOn);
  }

  /**
   * As `StateStore.swap`. In its turn a clone lets others build on the commits of a plan meanwhile.
   * @param base what the plan is made on
   */
  async swap(
    base: Revision | null,
    { commits, entries }: BatchPlan,
    timeoutMs: number,
    locks: readonly LockMove[],
  ): Promise<SwapOutcome> {
    const { store, clock } = this.#parts;
    const isOpen = this.#turn?.isHeld && entries.every(({ entry }) => isShareable(entry));
    const record = isOpen ? await this.#record() : null;
    if (record === null) return store.swap(base, commits, timeoutMs, locks);
    let tip: Revision | undefined;
    const announce = async (built: BuiltCommits) => {
      tip = built.revisions.at(-1);
      await announced(record, built, clock);
    };
    const outcome = await store.swap(base, commits, timeoutMs, [], announce);
    const [to, isSwapped] = [tip, outcome.kind === 'swapped'];
    if (to !== undefined) await record.change(async (line) => ended(line, to, isSwapped), true);
    return outcome;
  }

  async #record() {
    const { store, turns } = this.#parts;
    return store.sharedPushes ? turns.record(store.target, store.sharedPushes.group()) : null;
  }

  /** Waits a while after a lost race, until the deadline at most. */
  async backOff(tried: Tried): Promise<void> {
    const { clock } = this.#parts;
    const left = Math.max(this.#deadline - clock.now(), 0);
    await clock.sleep(Math.min(untilNextMs(clock, tried), left));
  }

  /** Gives the turn to the next clone. */
  async end(): Promise<void> {
    const turn = this.#turn;
    this.#turn = null;
    await turn?.end();
  }
}

/** Whether an entry can go along with those of other clones: one that was refused before would keep them back. */
function isShareable({ operation, refused }: OutboxEntry): boolean {
  return !operation?.claim && refused === undefined;
}

/** Plans entries on commits that may not be published yet; null if they cannot be decided there. */
export async function planShared(
  store: Backend,
  tip: Revision,
  entries: readonly OutboxEntry[],
): Promise<BatchPlan | null> {
  if (entries.length === 0 || !entries.every(isShareable)) return null;
  try {
    await checkVersion(store.view(tip), store.target);
  } catch (error) {
    // Told to the user once the tip is asked for.
    if (error instanceof InvalidStateError || error instanceof ConflictError) return null;
    throw error;
  }
  const plan = await planBatch(store, tip, entries);
  return plan.entries.every(({ applied }) => applied.kind === 'commit') ? plan : null;
}
