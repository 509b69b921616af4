import type { InvalidStateError } from '../../errors.js';
import { type BrokenEvents, type SkippedEvent, SkippedEvents } from '../../model/event/broken-events.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';

/** How many are kept. */
const MOST = 100;

/** The first events and states that a server could not read and left out; what is said of them has no secrets. */
export class SkippedNotes implements BrokenEvents {
  readonly #found = new SkippedEvents();
  readonly #onNote: () => void;
  #list: readonly SkippedEvent[] = [];

  constructor(onNote: () => void) {
    this.#onNote = onNote;
  }

  get list(): readonly SkippedEvent[] {
    return this.#list;
  }

  note(path: string, error: InvalidStateError): void {
    const before = this.#list.length;
    if (before >= MOST) return;
    this.#found.note(path, error);
    const { list } = this.#found;
    if (list.length === before) return;
    this.#list = list.map((one) => ({ ...one, message: maskSecrets(one.message) }));
    this.#onNote();
  }
}
