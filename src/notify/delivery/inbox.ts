import type { NewsItem } from '../../news/news-item.js';
import { type Message, messageOf } from '../message/notice.js';
import { occurrencesOf } from '../message/occurrences-of.js';
import { type Rule, ruleFor } from '../rules/rule.js';

/** A message that waits, and where it is in the news. */
export interface Waiting {
  readonly message: Message;
  /** The news item before its own; null at the beginning. */
  readonly before: string | null;
  /** Whether no other message of its item follows. */
  readonly isLast: boolean;
}

/** Messages that are read ahead: more stay in the journal. */
const MOST = 1000;

/** Reads the news of one target, and holds the messages that its rules select until they are settled. */
export class Inbox {
  readonly #rules: readonly Rule[];
  readonly #waiting: Waiting[] = [];
  #position: string | null;
  #wake: (() => void)[] = [];
  #skip: number;
  #isClosed = false;

  /**
   * @param after the item behind which it begins
   * @param parts how many parts of the item behind that are settled
   */
  constructor(rules: readonly Rule[], after: string | null, parts: number) {
    this.#rules = rules;
    this.#position = after;
    this.#skip = parts;
  }

  /** The messages that wait, oldest first. */
  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  /** The last item that was read. */
  get position(): string | null {
    return this.#position;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MOST;
  }

  /** Takes in a news item. Throws if it is not what it should be; it counts as read all the same. */
  add(item: NewsItem): void {
    const before = this.#position;
    const from = this.#skip;
    this.#position = item.id;
    this.#skip = 0;
    const messages = occurrencesOf(item).flatMap((occurrence) => {
      const rule = occurrence.part < from ? undefined : ruleFor(this.#rules, occurrence);
      return rule === undefined ? [] : [messageOf(rule.name, occurrence)];
    });
    for (const [index, message] of messages.entries())
      this.#waiting.push({ message, before, isLast: index === messages.length - 1 });
    this.#changed();
  }

  /** Removes the oldest messages, which are settled. */
  remove(count: number): void {
    this.#waiting.splice(0, count);
    this.#changed();
  }

  /** Resolves after the next change; at once if it is closed. */
  changed(): Promise<void> {
    return this.#isClosed ? Promise.resolve() : new Promise((resolve) => this.#wake.push(resolve));
  }

  /** Ends all waits for changes. */
  close(): void {
    this.#isClosed = true;
    this.#changed();
  }

  #changed(): void {
    const woken = this.#wake;
    this.#wake = [];
    for (const wake of woken) wake();
  }
}
