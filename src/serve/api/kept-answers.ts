/** How many values are made at once; others wait for their turn. */
const MOST_AT_ONCE = 4;
/** Maximum number of kept values. */
const MAX_KEPT = 1_000;

interface Kept<T> {
  readonly value: Promise<T>;
  /** ms since the epoch; null while it is being made. */
  madeAt: number | null;
}

/**
 * Keeps what is expensive to ask for a while. However many ask for a value, it is made once at a time, and a few values at
 * once; an error is not kept.
 */
export class KeptAnswers<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #ms: number;
  readonly #now: () => number;
  #making = 0;
  readonly #turns: (() => void)[] = [];

  /** @param ms how long a value is kept after it was made */
  constructor(ms: number, now: () => number) {
    this.#ms = ms;
    this.#now = now;
  }

  /** Returns the kept value for a key, or makes it. Throws what `make` throws. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key);
    if (known && this.#isFresh(known)) return known.value;
    this.#kept.delete(key);
    const kept: Kept<T> = { value: this.#inTurn(make), madeAt: null };
    this.#kept.set(key, kept);
    kept.value.then(
      () => {
        kept.madeAt = this.#now();
      },
      () => {
        if (this.#kept.get(key) === kept) this.#kept.delete(key);
      },
    );
    for (const [oldest, { madeAt }] of this.#kept) {
      if (this.#kept.size <= MAX_KEPT) break;
      if (madeAt !== null) this.#kept.delete(oldest);
    }
    return kept.value;
  }

  #isFresh({ madeAt }: Kept<T>): boolean {
    if (madeAt === null) return true;
    const age = this.#now() - madeAt;
    // A clock that was set back must not make it last.
    return age >= 0 && age < this.#ms;
  }

  async #inTurn(make: () => Promise<T>): Promise<T> {
    if (this.#making >= MOST_AT_ONCE) await new Promise<void>((go) => this.#turns.push(go));
    else this.#making += 1;
    try {
      return await make();
    } finally {
      // The turn goes to the next one that waits.
      const next = this.#turns.shift();
      if (next) next();
      else this.#making -= 1;
    }
  }
}
