import type { MonitorHealth } from '../../app/monitor/monitor.js';
import type { ErrorJson } from '../../errors.js';

/** Tells the operator of a server, once each, what went away and what came back. */
export class HealthNotes {
  readonly #note: (message: string) => void;
  /** Messages of what is away, by its name. */
  readonly #away = new Map<string, string>();

  constructor(note: (message: string) => void) {
    this.#note = note;
  }

  /** Compares the health with what was told last. */
  look({ repository, contexts, journal }: MonitorHealth): void {
    this.#tell('the repository', repository.error);
    for (const { context, error } of contexts) this.#tell(`context ${JSON.stringify(context)}`, error);
    this.#tell('the journal of news', journal.error);
  }

  #tell(name: string, error: ErrorJson | null): void {
    const before = this.#away.get(name);
    if (error === null) {
      if (this.#away.delete(name)) this.#note(`${name}: back again`);
    } else if (before !== error.message) {
      this.#away.set(name, error.message);
      // Failures of contexts name them already.
      const message = error.message.startsWith(name) ? error.message : `${name}: ${error.message}`;
      this.#note(`${message}; trying again`);
    }
  }
}
