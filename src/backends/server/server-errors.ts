import { type KgitError, RefusedError, RemoteError } from '../../errors.js';
import type { WriteFailure } from '../keyed/key-space.js';

/** What a failure of a server means for a write. */
export type FaultKind = WriteFailure['kind'];

/** One kind of failure of a server, in words for users. */
export interface Fault {
  readonly kind: FaultKind;
  /** For scripts: `no-leader`. */
  readonly cause: string;
  /** Continues the sentence that begins with the server: `is still loading its data`. */
  readonly says: string;
  /** What the user can do, an imperative sentence. */
  readonly advice: string;
}

/** Longest part of a server's own words that an error repeats. */
const MAX_WORDS = 300;

/** Makes the errors of one server. Each names the server, and none contains a secret. */
export class ServerErrors {
  readonly #name: string;
  readonly #secrets: readonly string[];

  /**
   * @param name names the server in messages: `Redis at db.example.com:6379`
   * @param secrets passwords and tokens, which errors never contain; empty ones are ignored
   */
  constructor(name: string, secrets: readonly (string | undefined)[]) {
    this.#name = name;
    const known = secrets.filter((secret) => secret !== undefined && secret !== '');
    this.#secrets = known.flatMap((secret = '') => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ]);
  }

  /** Returns the error for a fault; `words` is what the server or the system said. */
  error({ kind, cause, says, advice }: Fault, words = ''): KgitError {
    const said = this.#cleaned(words);
    const message = `${this.#name} ${says}${said === '' ? '' : ` (${said})`}`;
    const suggestions = [advice];
    return kind === 'refused'
      ? new RefusedError(message, { suggestions, data: { cause, reason: said } })
      : new RemoteError(message, { suggestions, data: { remote: kind, cause } });
  }

  #cleaned(words: string): string {
    let text = words;
    for (const secret of this.#secrets) text = text.replaceAll(secret, '***');
    const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
    return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}…` : line;
  }
}

/** Returns how a write ended that failed with `error`. Throws `error` if it is not a failure of the server. */
export function writeFailure(error: unknown): WriteFailure {
  if (error instanceof RefusedError) return { kind: 'refused', error };
  if (!(error instanceof RemoteError)) throw error;
  const { remote } = error.data;
  return { kind: remote === 'denied' || remote === 'unknown' ? remote : 'unreachable', error };
}

/** Returns what a read throws that failed with `error`: there is nothing unknown about a read. */
export function readFailure(error: unknown): unknown {
  if (!(error instanceof RemoteError) || error.data['remote'] !== 'unknown') return error;
  const { message, suggestions, data } = error;
  return new RemoteError(message, { suggestions, data: { ...data, remote: 'unreachable' } });
}
