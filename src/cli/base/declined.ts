import { InterruptedError } from '../../errors.js';

/** Thrown when the user does not confirm. The message is printed as it is, since this is not a failure. */
export class DeclinedError extends InterruptedError {
  /** @param isSilent the user cancelled the question and needs no message */
  constructor(
    message: string,
    readonly isSilent = false,
  ) {
    super(message);
  }
}
