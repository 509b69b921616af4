import type { KgitEvent } from '../model/event/event.js';
import { formatSubject, type Subject } from '../model/subject/subject.js';
import type { Findings } from './finding.js';

interface Known {
  readonly path: string;
  readonly text: string;
  readonly action: string;
}

/**
 * Checks that an id identifies one event of a subject. An id determines its month, and the files of a month come one
 * after another, the sealed one first, so only one month is held in memory.
 */
export class MonthIds {
  readonly #findings: Findings;
  #month = '';
  readonly #known = new Map<string, Known>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(subject: Subject, month: string, { id, action }: KgitEvent, path: string, text: string): void {
    const key = `${formatSubject(subject)} ${month}`;
    if (key !== this.#month) {
      this.#month = key;
      this.#known.clear();
    }
    const known = this.#known.get(id);
    if (!known) {
      this.#known.set(id, { path, text, action });
      return;
    }
    // A manual merge may leave an event file beside the sealed month that already contains the event.
    if (known.path !== path && known.action === action && known.text === text) return;
    const where = known.path === path ? 'twice in this file' : `by ${known.path}, too`;
    this.#findings.add('event-id', path, `the id ${id} of ${formatSubject(subject)} is taken ${where}`, {
      fix: 'Write the later event again with kgit push-event, which makes a new id, and remove its file',
    });
  }
}
