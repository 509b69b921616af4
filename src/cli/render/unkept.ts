import { EnvironmentError } from '../../errors.js';

/** What a command would keep for its next run: a clone that can only be read keeps nothing, and its answer is worth as much. */
export class Unkept {
  readonly #note: (message: string) => void;
  #isTold = false;

  /** @param note tells the user */
  constructor(note: (message: string) => void) {
    this.#note = note;
  }

  /**
   * Awaits that something is kept; where it cannot be, that is told, once a run.
   * @param what what becomes of it then, for people
   * Throws all but EnvironmentError.
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
