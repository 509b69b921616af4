import { InterruptedError } from '../../errors.js';

/** A person who was asked did not agree: told as it is, for it is no fault. */
export class DeclinedError extends InterruptedError {
  /** @param isSilent the user ended the question, and knows it */
  constructor(
    message: string,
    readonly isSilent = false,
  ) {
    super(message);
  }
}
