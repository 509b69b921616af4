import type { InvalidStateError } from '../../errors.js';
import { type BrokenEvents, type SkippedEvent, SkippedEvents } from '../../model/event/broken-events.js';

/** How many are kept. */
const MOST = 100;

/** The first events and states that a server could not read and left out. */
export class SkippedNotes implements BrokenEvents {
  readonly #found = new SkippedEvents();
  readonly #onNote: () => void;

  constructor(onNote: () => void) {
    this.#onNote = onNote;
  }

  get list(): readonly SkippedEvent[] {
    return this.#found.list;
  }

  note(path: string, error: InvalidStateError): void {
    const before = this.#found.list.length;
    if (before >= MOST) return;
    this.#found.note(path, error);
    if (this.#found.list.length > before) this.#onNote();
  }
}
