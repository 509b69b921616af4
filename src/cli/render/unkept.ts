import { EnvironmentError } from '../../errors.js';

/**
 * Handles failures to save what a command keeps for its next run. In a read-only clone nothing can be saved, but the
 * answer is just as good.
 */
export class Unkept {
  readonly #note: (message: string) => void;
  #isTold = false;

  /** @param note tells the user */
  constructor(note: (message: string) => void) {
    this.#note = note;
  }

  /**
   * Waits for the save. If it fails, notes this once per run. Throws all errors except EnvironmentError.
   * @param what the consequence, for people
   */
  async unlessNoted(what: string, keeping: Promise<void>): Promise<void> {
    try {
      await keeping;
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      if (!this.#isTold) this.#note(`${what}: ${error.message}`);
      this.#isTold = true;
    }
  }
}
