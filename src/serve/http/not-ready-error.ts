import { EnvironmentError } from '../../errors.js';

/** What was asked for is still being prepared: the same request is answered later. Its message may be shown to clients. */
export class NotReadyError extends EnvironmentError {
  /** When to ask again, in seconds. */
  readonly retryAfter: number;

  /** @param retryAfter in seconds */
  constructor(message: string, retryAfter: number) {
    super(message, { suggestions: [`Ask again in ${retryAfter} seconds`] });
    this.retryAfter = retryAfter;
  }
}
