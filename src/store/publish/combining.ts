import { createHash } from 'node:crypto';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { PlannedEntry } from '../plan/planned.js';
import type { Offering, Revision, StateStore } from '../port/state-store.js';
import { offerOf, readOffer } from './offers.js';

/** How often the tip is looked at in vain before the next one in line takes the turn of one that may be dead. */
const PATIENCE = 3;

/** What a clone drew for a tip: the lowest goes first. Every clone computes the same, and each tip favours another. */
function lot(tip: Revision | null, clone: string): string {
  return createHash('sha256').update(`${tip} ${clone}`).digest('hex');
}

/**
 * Clones that write at once and take each other's events along (`publish.combine`). Each lays its events down beside
 * the branch, where nothing is raced for; one of those that wait moves the branch for all. Whose turn it is they draw
 * by lot from what all of them see, the tip and the names of those that wait, so no word passes between them.
 */
export class Combining {
  readonly #store: StateStore;
  /** By clone, what others offered when the tip was asked for and does not wait here. */
  #foreign = new Map<string, readonly OutboxEntry[]>();
  #own = '';
  /** Ids of what lies there of our own. */
  #laid = new Set<string>();
  #tip: Revision | null = null;
  #looks = 0;

  /** @param store one that has offers */
  constructor(store: StateStore) {
    this.#store = store;
  }

  /** What others offered, as entries to plan with. */
  get foreign(): OutboxEntry[] {
    return [...this.#foreign.values()].flat();
  }

  /** Takes in what lay beside the branch when its tip was asked for. @param waiting what waits in this clone */
  async look(tip: Revision | null, waiting: readonly OutboxEntry[]): Promise<void> {
    this.#looks = tip === this.#tip ? this.#looks + 1 : 0;
    this.#tip = tip;
    const known = new Set(waiting.map(({ id }) => id));
    this.#foreign = new Map();
    this.#laid = new Set();
    for (const { clone, isOwn, text } of (await this.#store.offers?.read()) ?? []) {
      const operations = readOffer(text);
      if (isOwn) {
        this.#own = clone;
        this.#laid = new Set(operations.map(({ id }) => id));
        continue;
      }
      const news = operations.filter(({ id }) => !known.has(id));
      for (const { id } of news) known.add(id);
      const { target } = this.#store;
      const entries = news.map((operation) => {
        const { id } = operation;
        return { name: '', id, operation, target, attempts: 0, error: null, isForeign: true };
      });
      this.#foreign.set(clone, entries);
    }
  }

  /** Whether another clone is to move the branch now, and takes along what waits here. */
  isOthersTurn(planned: readonly PlannedEntry[]): boolean {
    const missing = planned.filter(({ applied }) => applied.kind === 'commit').map(({ entry }) => entry);
    const own = missing.filter(({ isForeign }) => !isForeign);
    if (own.length === 0 || !own.every(({ id }) => this.#laid.has(id))) return false;
    const wait = new Set(missing.filter(({ isForeign }) => isForeign).map(({ id }) => id));
    const others = [...this.#foreign].filter(([, entries]) => entries.some(({ id }) => wait.has(id)));
    const before = others.filter(([clone]) => lot(this.#tip, clone) < lot(this.#tip, this.#own));
    return this.#looks < before.length * PATIENCE;
  }

  /**
   * What this clone lays down beside the branch with its next push, and which entries that is: its events, so that
   * whoever is faster takes them along; nothing where they lie there already.
   */
  offering(writers: readonly OutboxEntry[]): { offering: Offering | undefined; offered: OutboxEntry[] } {
    const { text, entries } = offerOf(writers);
    const isLaid = text !== null && entries.every(({ id }) => this.#laid.has(id));
    return { offering: isLaid ? undefined : { offer: text }, offered: entries };
  }
}
