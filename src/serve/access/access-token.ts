import { createHash, scryptSync, timingSafeEqual } from 'node:crypto';
import { UsageError } from '../../errors.js';

const LEAST_LENGTH = 32;
/** What a token may consist of, so that it fits into an Authorization header (RFC 6750). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whether two secrets are the same, in a time that tells nothing about either. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

/** The token that lets its bearer read everything. */
export class AccessToken {
  readonly #text: string;
  /** Key of what proves a sign-in. It is slow to derive, so that a proof helps nobody to guess the token. */
  readonly sessionKey: Buffer;

  private constructor(text: string) {
    this.#text = text;
    this.sessionKey = scryptSync(text, 'kgit serve: sessions', 32);
  }

  /** Parses the content of a token file; its last line may end with a line break. Throws UsageError. */
  static parse(content: string): AccessToken {
    const text = content.replace(/\r?\n$/, '');
    if (text.length >= LEAST_LENGTH && TOKEN.test(text)) return new AccessToken(text);
    throw new UsageError(
      `--token-file: a token has at least ${LEAST_LENGTH} characters of A-Z a-z 0-9 . _ ~ + / - =, and is alone in its file`,
      { suggestions: ['Make one: openssl rand -hex 32 > token'], data: { flag: 'token-file' } },
    );
  }

  matches(given: string): boolean {
    return isSameSecret(given, this.#text);
  }
}
