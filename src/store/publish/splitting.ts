import type { KgitError } from '../../errors.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { RefusedScope } from '../port/state-store.js';

/** How many pushes may be refused in one run: about half a minute of pushes at a forge. */
const MAX_REFUSED = 32;
/** How many tries may fail on this machine; these cost no push. */
const MAX_LOCAL = 512;
/** After this many operations were refused alone for one reason and none has landed, the branch itself is taken to be closed. */
const MAX_IN_VAIN = 2;

/** What a refused push says about the operations in it. */
export type Verdict =
  /** The push held one operation: it is the refused one. */
  | 'alone'
  /** One of several is refused: fewer are tried next. */
  | 'split'
  /** More tries are pointless. */
  | 'stop';

/** Whether an operation only adds events: it asks nothing of the state, and no other operation changes what it does. */
function asksNothing({ operation }: OutboxEntry): boolean {
  return operation !== null && !operation.change && !operation.seal && !operation.claim;
}

/** The text of an error without ids, paths and numbers, so that equal reasons compare equal. */
export function reasonOf(message: string): string {
  return message
    .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{7,64}\b|\S*\/\S*|\d+/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A push that was refused; with the scope `local`, before anything was sent. */
export interface Refused {
  readonly error: KgitError;
  readonly scope?: RefusedScope | undefined;
}

/**
 * Chooses the operations of the next push after a push of several was refused: fewer and fewer, in order, until the
 * refused one stands alone and the others land.
 *
 * The first is tried alone at once: if a policy refuses every write, that shows after few pushes. Then halves are tried.
 * Once a change of state was refused, operations that only add events go first: a rule for state files does not
 * concern them.
 */
export class Splitting {
  /** Largest push while the refused operation is searched for. */
  #limit = Number.POSITIVE_INFINITY;
  /** Largest push that the remote takes. */
  #room = Number.POSITIVE_INFINITY;
  /** How many entries, from the first on, are known to hold the refused one. */
  #suspects = 0;
  #tried = 0;
  #probesFirst = true;
  #refused = 0;
  #inVain = 0;
  #reason: string | null = null;
  #eventsFirst = false;
  /** Whether the branch is known to take some writes, whatever the text of a refusal says. */
  #isOpen: boolean;

  /** @param isAlone whether each operation is tried alone, as those refused by an earlier run are */
  constructor(isAlone = false) {
    if (isAlone) this.#limit = 1;
    // They were set aside because the branch took others.
    this.#isOpen = isAlone;
  }

  /** The operations of the next push. */
  next(entries: readonly OutboxEntry[]): readonly OutboxEntry[] {
    const count = Math.min(this.#limit, this.#room);
    const ordered = this.#eventsFirst
      ? [...entries.filter(asksNothing), ...entries.filter((entry) => !asksNothing(entry))]
      : entries;
    const events = this.#eventsFirst ? ordered.filter(asksNothing).length : 0;
    const chosen = ordered.slice(0, Math.min(count, events || count));
    this.#tried = chosen.length;
    return chosen;
  }

  /** A push went through. @param count how many of its entries were published */
  landed(count: number): void {
    this.#inVain = 0;
    this.#isOpen = true;
    // The first of the refused ones is not it; it is further behind.
    if (this.#suspects > 0) this.#probesFirst = false;
    this.#suspects = Math.max(this.#suspects - count, 0);
    this.#limit = this.#suspects > 0 ? Math.ceil(this.#suspects / 2) : Number.POSITIVE_INFINITY;
  }

  /**
   * A push was refused.
   * @param writers its entries that write something
   */
  refused(writers: readonly OutboxEntry[], { error, scope }: Refused): Verdict {
    const isLocal = scope === 'local';
    this.#refused += 1;
    if (scope === 'branch' && !this.#isOpen) return this.#withoutChanges(writers);
    const reason = reasonOf(error.message);
    const [only] = writers;
    if (writers.length === 1 && only) {
      this.#inVain = reason === this.#reason ? this.#inVain + 1 : 1;
      this.#reason = reason;
      this.#eventsFirst ||= scope !== 'size' && !isLocal && !asksNothing(only);
      this.#probesFirst = scope !== 'size';
      this.#suspects = 0;
      this.#limit = Number.POSITIVE_INFINITY;
      this.#room = Number.POSITIVE_INFINITY;
      return 'alone';
    }
    const isInVain = !isLocal && this.#inVain >= MAX_IN_VAIN && reason === this.#reason;
    if (isInVain || this.#refused >= (isLocal ? MAX_LOCAL : MAX_REFUSED)) return 'stop';
    if (scope === 'size') this.#room = Math.ceil(this.#tried / 2);
    else {
      this.#suspects = this.#tried;
      this.#limit = this.#probesFirst ? 1 : Math.ceil(this.#tried / 2);
    }
    return 'split';
  }

  /**
   * A refusal that names the branch ends the run, unless the push held both changes of state and events. A Gitea that
   * protects the branch except for event files (unprotected file patterns) names the branch, too, but takes the events
   * without the changes.
   */
  #withoutChanges(writers: readonly OutboxEntry[]): Verdict {
    const events = writers.filter(asksNothing).length;
    if (events === 0 || events === writers.length) return 'stop';
    this.#eventsFirst = true;
    this.#limit = Number.POSITIVE_INFINITY;
    return 'split';
  }
}
