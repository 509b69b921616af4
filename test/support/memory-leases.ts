import type {
  LeaseStore,
  LockMove,
  LockOutcome,
  LockTip,
  LockTips,
} from '../../src/store/port/lease-store.js';

/** Locks in this process's memory. */
export class MemoryLeases implements LeaseStore {
  readonly #tips = new Map<string, LockTip>();
  #moves = 0;

  async read(name: string): Promise<LockTip | null> {
    return this.#tips.get(name) ?? null;
  }

  async list(): Promise<LockTips> {
    return {
      tips: new Map([...this.#tips].sort(([a], [b]) => (a < b ? -1 : 1))),
      broken: [],
      place: 'memory',
    };
  }

  async move(move: LockMove): Promise<LockOutcome> {
    if (this.stale([move]).length > 0) return { kind: 'moved' };
    return { kind: 'swapped', tip: this.apply(move) };
  }

  /** Names of the locks that have moved since. */
  stale(moves: readonly LockMove[]): string[] {
    const isStale = ({ name, from }: LockMove) =>
      (this.#tips.get(name)?.version ?? null) !== (from?.version ?? null);
    return moves.filter(isStale).map(({ name }) => name);
  }

  /** Moves a lock if it is where the move begins. */
  apply({ name, records }: LockMove): LockTip {
    const record = records.at(-1);
    if (!record) throw new RangeError('a move of a lock has at least one record');
    this.#moves += 1;
    const tip = { version: String(this.#moves), record };
    this.#tips.set(name, tip);
    return tip;
  }
}
