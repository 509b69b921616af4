import { isIPv6 } from 'node:net';

/** Attempts that an address has at once. */
const BURST = 10;
/** ms after which it has one more. */
const REFILL_MS = 6_000;
/** Addresses that are remembered; of more, the one that tried least recently is forgotten. */
const MAX_ADDRESSES = 10_000;

interface Bucket {
  readonly left: number;
  /** ms since the epoch */
  readonly at: number;
}

/** Limits how often one address may try to sign in. */
export class AttemptLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  /** @param now ms since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts an attempt. Returns how long to wait before the next one, in ms; 0 if this one may be made. */
  take(address: string): number {
    const key = networkOf(address);
    const now = this.#now();
    const { left, at } = this.#buckets.get(key) ?? { left: BURST, at: now };
    const filled = Math.min(BURST, left + Math.max(0, now - at) / REFILL_MS);
    const isAllowed = filled >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: isAllowed ? filled - 1 : filled, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_ADDRESSES && oldest !== undefined) this.#buckets.delete(oldest);
    return isAllowed ? 0 : Math.ceil((1 - filled) * REFILL_MS);
  }
}

/** A client has a whole /64 of IPv6 addresses: it counts as one. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail = ''] = address.replace(/%.*$/, '').split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail.split(':').filter(Boolean);
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
