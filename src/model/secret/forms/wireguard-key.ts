import type { Range, SecretSpan } from '../span.js';
import { isClamped, isX25519PublicKey } from './curve25519.js';

/** Number of base64 characters for 32 bytes, before the `=`. */
const KEY_DIGITS = 43;
/** WireGuard's private, public and preshared keys: 32 bytes leave 2 bits of the last character unused, so it is one of 16. */
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
/** Text before a key that labels it as public: `public key X`, `PublicKey = X`, `wg set wg0 peer X`. */
const PUBLIC_LABEL = /(?:pub(?:lic)?[-_ ]?key|\bpeer)["']?\s{0,4}(?:[:=]|is)?\s{0,4}["']?$/i;
const LABEL_LENGTH = 32;
/** Length of base64 before a key that is longer than a word or path attached to it. */
const RUN_LENGTH = 24;
const LONG_RUN = /^[A-Za-z0-9+/]{24}$/;

/**
 * Whether a key labelled public is in fact private: it is clamped like private keys, and cannot be a public key.
 * Detects 15 of 16 private keys; never misjudges a real public key.
 */
export function isMislabelledPrivateKey(key: string): boolean {
  const bytes = Buffer.from(key, 'base64');
  return isClamped(bytes) && !isX25519PublicKey(bytes);
}

/**
 * Finds WireGuard keys in a text; those labelled public are returned as ranges in `publicKeys`. `isPublicPlace`: the
 * whole text is the value of a path such as `wireguard_peers.x.public_key`.
 */
export function findWireguardKeys(
  text: string,
  isPublicPlace: boolean,
): { secrets: SecretSpan[]; publicKeys: Range[] } {
  const secrets: SecretSpan[] = [];
  const publicKeys: Range[] = [];
  for (let equals = text.indexOf('='); equals >= 0; equals = text.indexOf('=', equals + 1)) {
    const start = equals - KEY_DIGITS;
    // The last 43 characters of a longer run of base64 are not a key.
    if (start < 0 || LONG_RUN.test(text.slice(Math.max(0, start - RUN_LENGTH), start))) continue;
    const key = text.slice(start, equals + 1);
    if (!KEY.test(key)) continue;
    const isCalledPublic =
      (isPublicPlace && text.trim() === key) ||
      PUBLIC_LABEL.test(text.slice(Math.max(0, start - LABEL_LENGTH), start));
    if (isCalledPublic && !isMislabelledPrivateKey(key)) publicKeys.push([start, equals + 1]);
    else secrets.push({ start, end: equals + 1, rule: 'wireguard-key', what: 'WireGuard private key' });
  }
  return { secrets, publicKeys };
}
