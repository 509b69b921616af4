import type { Target } from '../config/notify-config.js';

/** Messages of one digest; it lists the first ones and counts the rest. */
export const MAX_DIGEST = 500;

/** What to send next: how many messages as what, or how long to gather more, in ms. */
export type Next = { readonly messages: number; readonly isDigest: boolean } | { readonly waitMs: number };

/**
 * Decides when messages become a digest. Up to `messages` are sent one by one in a window; more that wait than the window
 * has room for become one digest, and behind a digest nothing is sent until a window has passed.
 */
export class Bursts {
  readonly #limit: Target['burst'];
  #sent: number[] = [];

  constructor(limit: Target['burst']) {
    this.#limit = limit;
  }

  /** @param waiting how many messages wait, at least one */
  next(waiting: number, now: number): Next {
    if (this.#limit === null) return { messages: 1, isDigest: false };
    const { messages, windowMs } = this.#limit;
    // A clock that was set back must not hold messages up.
    this.#sent = this.#sent.filter((time) => time <= now && now - time < windowMs);
    const [oldest = now] = this.#sent;
    const room = messages - this.#sent.length;
    if (room <= 0) return { waitMs: oldest + windowMs - now };
    if (waiting <= room) return { messages: 1, isDigest: false };
    return { messages: Math.min(waiting, MAX_DIGEST), isDigest: true };
  }

  /** Notes that something was sent. */
  sent(isDigest: boolean, now: number): void {
    if (this.#limit === null) return;
    const count = isDigest ? this.#limit.messages : 1;
    for (let i = 0; i < count; i++) this.#sent.push(now);
  }
}
