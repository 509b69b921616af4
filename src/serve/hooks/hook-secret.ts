import { createHmac } from 'node:crypto';
import { UsageError } from '../../errors.js';
import { isSameSecret } from '../access/access-token.js';

const LEAST_LENGTH = 16;

/** The secret that a forge shares with this server. */
export class HookSecret {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Parses the content of a secret file; its last line may end with a line break. Throws UsageError. */
  static parse(content: string): HookSecret {
    const text = content.replace(/\r?\n$/, '');
    if (text.length >= LEAST_LENGTH && /^[\x21-\x7e]+$/.test(text)) return new HookSecret(text);
    throw new UsageError(
      `--hook-secret-file: a secret has at least ${LEAST_LENGTH} visible ASCII characters, and is alone in its file`,
      {
        suggestions: ['Make one: openssl rand -hex 32 > hook-secret'],
        data: { flag: 'hook-secret-file' },
      },
    );
  }

  matches(given: string): boolean {
    return isSameSecret(given, this.#text);
  }

  /** Whether a text is the HMAC-SHA256 of a body, in hex. */
  hasSigned(body: string | Uint8Array, signature: string): boolean {
    const right = createHmac('sha256', this.#text).update(body).digest('hex');
    return isSameSecret(signature.toLowerCase(), right);
  }
}
