import { createHmac, randomBytes } from 'node:crypto';
import { isSameSecret } from './access-token.js';

/** How long a sign-in lasts, in ms. */
export const SESSION_MS = 7 * 24 * 3600 * 1000;
/** Signed-out sessions that are remembered at most. Only who knows the token can make one. */
const MAX_ENDED = 10_000;

/**
 * Proofs of a sign-in: an id and a time of expiry, authenticated with a key of the token. They survive a restart, hold
 * nothing of the token, and end when it changes.
 */
export class Sessions {
  readonly #key: () => Buffer;
  readonly #now: () => number;
  /** Ids that were signed out, with the time at which they would have expired. */
  readonly #ended = new Map<string, number>();

  /**
   * @param key the key of the token as it is now
   * @param now ms since the epoch
   */
  constructor(key: () => Buffer, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  /** Begins a session, and returns its proof. */
  begin(): string {
    const head = `${randomBytes(16).toString('base64url')}.${this.#now() + SESSION_MS}`;
    return `${head}.${this.#mac(head)}`;
  }

  isValid(proof: string): boolean {
    const id = this.#idOf(proof);
    return id !== null && !this.#ended.has(id);
  }

  /** Ends a session before it expires. */
  end(proof: string): void {
    const id = this.#idOf(proof);
    if (id === null) return;
    const now = this.#now();
    for (const [ended, expires] of this.#ended)
      if (expires <= now || this.#ended.size >= MAX_ENDED) this.#ended.delete(ended);
    this.#ended.set(id, now + SESSION_MS);
  }

  /** Returns the id of a session that has not expired; null if the proof proves nothing. */
  #idOf(proof: string): string | null {
    const [, head = '', id = '', expires, mac = ''] =
      /^(([\w-]{22})\.(\d{1,15}))\.([\w-]{43})$/.exec(proof) ?? [];
    if (!isSameSecret(mac, this.#mac(head))) return null;
    return Number(expires) > this.#now() ? id : null;
  }

  #mac(head: string): string {
    return createHmac('sha256', this.#key()).update(head).digest('base64url');
  }
}
