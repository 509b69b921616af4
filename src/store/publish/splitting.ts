import type { KgitError } from '../../errors.js';
import type { OutboxEntry } from '../outbox/outbox.js';
import type { RefusedScope } from '../port/state-store.js';

/** So many pushes may be refused in one run, at most: at a forge, half a minute of them. */
const MAX_REFUSED = 32;
/** As many tries may fail on this machine, which cost no push. */
const MAX_BLOCKED = 512;
/** As long as nothing lands, so many operations are refused alone for one reason until it is the branch that is refused. */
const MAX_IN_VAIN = 2;

/** What a refused push tells of the operations in it. */
export type Verdict =
  /** It was one operation alone: it is the one that is refused. */
  | 'alone'
  /** One of several: fewer are tried next. */
  | 'split'
  /** More tries are of no use, now or at all. */
  | 'stop';

/** Whether an operation only adds events: it asks nothing of the state, and no other operation changes what it does. */
function asksNothing({ operation }: OutboxEntry): boolean {
  return operation !== null && !operation.change && !operation.seal && !operation.claim;
}

/** An error's text without what differs from one write to the next, so that equal reasons are known as such. */
export function reasonOf(message: string): string {
  return message
    .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{7,64}\b|\S*\/\S*|\d+/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A push that was refused, or that was not made for what is in its way here. */
export interface Refused {
  readonly error: KgitError;
  readonly scope?: RefusedScope | undefined;
  /** Whether nothing was sent. */
  readonly isBlocked: boolean;
}

/**
 * Which of the operations that wait go into the next push of a run, once a push of several was refused: fewer and
 * fewer, in their order, until the one that the remote does not take stands alone and the others land.
 *
 * The first is tried alone at once, for where a policy refuses every write it costs few pushes to see that. Then
 * halves are tried. Operations that ask nothing of the state go first from the time that one that changes it was
 * refused: a rule for files of state leaves events alone.
 */
export class Splitting {
  /** How many go into a push at most, until the refused one stands alone. */
  #limit = Number.POSITIVE_INFINITY;
  /** How many the remote takes at once. */
  #room = Number.POSITIVE_INFINITY;
  /** How many from the first on were in a push that was refused, so that the refused one is among them. */
  #suspects = 0;
  #tried = 0;
  #probesFirst = true;
  #refused = 0;
  #inVain = 0;
  #reason: string | null = null;
  #eventsFirst = false;
  /** Whether the branch is known to take some writes, whatever words it refuses others with. */
  #isOpen: boolean;

  /** @param isAlone whether the first operation is tried alone, as each of those is that were refused before */
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

  /** A push went through. */
  landed(): void {
    this.#inVain = 0;
    this.#isOpen = true;
    // The first of those that were refused together is not the one: it is somewhere behind.
    if (this.#suspects > 0) this.#probesFirst = false;
    this.#suspects = Math.max(this.#suspects - this.#tried, 0);
    this.#limit = this.#suspects > 0 ? Math.ceil(this.#suspects / 2) : Number.POSITIVE_INFINITY;
  }

  /**
   * A push was refused.
   * @param writers those in it that write something
   */
  refused(writers: readonly OutboxEntry[], { error, scope, isBlocked }: Refused): Verdict {
    this.#refused += 1;
    if (scope === 'branch' && !this.#isOpen) return this.#withoutChanges(writers);
    const reason = reasonOf(error.message);
    const [only] = writers;
    if (writers.length === 1 && only) {
      this.#inVain = reason === this.#reason ? this.#inVain + 1 : 1;
      this.#reason = reason;
      this.#eventsFirst ||= scope !== 'size' && !isBlocked && !asksNothing(only);
      this.#probesFirst = scope !== 'size';
      this.#suspects = 0;
      this.#limit = Number.POSITIVE_INFINITY;
      this.#room = Number.POSITIVE_INFINITY;
      return 'alone';
    }
    const isInVain = !isBlocked && this.#inVain >= MAX_IN_VAIN && reason === this.#reason;
    if (isInVain || this.#refused >= (isBlocked ? MAX_BLOCKED : MAX_REFUSED)) return 'stop';
    if (scope === 'size') this.#room = Math.ceil(this.#tried / 2);
    else {
      this.#suspects = this.#tried;
      this.#limit = this.#probesFirst ? 1 : Math.ceil(this.#tried / 2);
    }
    return 'split';
  }

  /**
   * A refusal that names the branch ends the run, unless the push held both changes of state and events. A Gitea that
   * protects the branch except for the files of events (unprotected file patterns) names the branch, too, and takes the
   * events alone.
   */
  #withoutChanges(writers: readonly OutboxEntry[]): Verdict {
    const events = writers.filter(asksNothing).length;
    if (events === 0 || events === writers.length) return 'stop';
    this.#eventsFirst = true;
    this.#limit = Number.POSITIVE_INFINITY;
    return 'split';
  }
}
