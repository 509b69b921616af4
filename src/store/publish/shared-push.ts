import {
  ended,
  following,
  isFull,
  isUnderWay,
  landedOnly,
  type PushLine,
  type PushLineFile,
  started,
  stateOf,
} from '../local/push-line.js';
import type { BatchPlan } from '../plan/plan-batch.js';
import type { Clock } from '../port/host.js';
import type { BuiltCommits, SharedPushes } from '../port/shared-pushes.js';
import type { Revision } from '../port/state-store.js';

/** Plans what waits in this clone on a tip; null if it cannot be decided there. */
export type PlanOn = (tip: Revision) => Promise<BatchPlan | null>;

export interface SharedPushParts {
  readonly shared: SharedPushes;
  readonly record: PushLineFile;
  readonly clock: Clock;
  /** Asks the remote for its tip; null if it cannot be reached. */
  readonly refresh: () => Promise<Revision | null>;
}

/** A plan that is on the branch. */
export interface Landed {
  readonly plan: BatchPlan;
  /** One for each commit of the plan. */
  readonly revisions: readonly Revision[];
  /** Where the branch is known to be. */
  readonly tip: Revision;
  readonly notes: readonly string[];
}

/** Commits of this clone that wait in the line. */
interface Joined {
  readonly plan: BatchPlan;
  readonly built: BuiltCommits;
  readonly to: Revision;
}

/**
 * One push for what several clones of a user on this machine write. While one clone pushes, the others build their commits
 * on its commits and on each other's, and one push brings all of those to the branch. Each clone makes its own commits;
 * which of them are on the branch is decided by the compare-and-swap of the push. If that fails, every clone plans its own
 * anew.
 */
export class SharedPush {
  readonly #parts: SharedPushParts;
  readonly #planOn: PlanOn;
  /** What this clone takes the branch to be. */
  #head: Revision;
  #joined: Joined | null = null;
  /** Whether this clone waits for its turn alone. */
  #isOver = false;
  /** What the line was built on when the remote was asked for its tip. */
  #askedFor: Revision | null = null;
  /** Whether commits of this clone were in a push of which it is not known how it ended. */
  mayHaveLanded = false;
  /** How many pushes this clone has made. */
  pushes = 0;

  constructor(parts: SharedPushParts, head: Revision, planOn: PlanOn) {
    this.#parts = parts;
    this.#head = head;
    this.#planOn = planOn;
  }

  /**
   * To be called now and then while another clone has the turn: adds the commits of this clone to the line, and says whether
   * they are on the branch.
   */
  async look(): Promise<boolean> {
    const { record, clock } = this.#parts;
    const line = await record.read();
    if (this.#joined !== null) {
      const state = stateOf(line, this.#joined.to);
      if (state === 'gone') this.#drop();
      return state === 'landed';
    }
    if (this.#isOver || !isUnderWay(line, clock.now())) return false;
    if (following(line, this.#head) === null) await this.#ask(line);
    else await this.#join(false);
    return false;
  }

  /** The push with the commits of this clone has failed, or another clone has given up commits below them. */
  #drop(): void {
    this.#joined = null;
    this.mayHaveLanded = true;
  }

  /** Fetches what the line is built on, once. */
  async #ask({ commits: [first] }: PushLine): Promise<void> {
    if (!first || first.from === this.#askedFor) return;
    this.#askedFor = first.from;
    this.#head = (await this.#parts.refresh()) ?? this.#head;
  }

  /** Adds the commits of this clone to the line. @param isHolder whether it has the turn */
  async #join(isHolder: boolean): Promise<void> {
    const { record, clock } = this.#parts;
    const join = async (line: PushLine): Promise<PushLine | null> => {
      if (!isUnderWay(line, clock.now()) || isFull(line)) return null;
      // Who sent them had the turn, and has ended without a word of them.
      if (isHolder && line.sent > line.landed) return landedOnly(line);
      const joined = await this.#built(line);
      if (joined === null) return null;
      this.#joined = joined;
      const { from, objects } = joined.built;
      const commits = [...line.commits, { from, to: joined.to, objects, at: clock.now() }];
      return { ...line, commits };
    };
    if (!(await record.change(join, isHolder))) this.#joined = null;
  }

  /** Builds the commits of this clone on the last ones in the line. */
  async #built(line: PushLine): Promise<Joined | null> {
    const { shared } = this.#parts;
    const missing = following(line, this.#head);
    const tip = line.commits.at(-1)?.to;
    if (missing === null || tip === undefined) return null;
    // What cannot be done now cannot be done at the next look.
    this.#isOver = true;
    if (!(await shared.take(missing.map(({ objects }) => objects)))) return null;
    const plan = await this.#planOn(tip);
    const built = plan && (await shared.build(tip, plan.commits));
    const to = built?.revisions.at(-1);
    if (!plan || !built || to === undefined) return null;
    this.#isOver = false;
    return { plan, built, to };
  }

  /**
   * Ends the wait for the turn.
   * @param isHeld whether this clone has the turn
   * @param timeoutMs for a push, if it is the turn of this clone
   * @returns null if nothing was published
   */
  async end(isHeld: boolean, timeoutMs: number): Promise<Landed | null> {
    if (isHeld) {
      if (this.#joined === null) await this.#join(true);
      return this.#push(timeoutMs);
    }
    if (this.#joined === null) return null;
    if ((await this.look()) && this.#joined !== null) return this.#wasPushed(this.#joined);
    await this.#withdraw();
    return null;
  }

  async #wasPushed({ plan, built, to }: Joined): Promise<Landed> {
    const notes = await this.#parts.shared.landed(this.#head, to);
    return { plan, revisions: built.revisions, tip: to, notes };
  }

  /** Pushes the whole line. */
  async #push(timeoutMs: number): Promise<Landed | null> {
    if (this.#joined === null) return null;
    const { plan, built, to: own } = this.#joined;
    const { shared, record } = this.#parts;
    const sent: { from?: Revision; to?: Revision } = {};
    await record.change(async (line) => {
      const [first, last] = [line.commits[line.landed], line.commits.at(-1)];
      if (stateOf(line, own) !== 'waiting' || line.sent > line.landed || !first || !last) return null;
      const behind = line.commits.slice(line.commits.findIndex(({ to }) => to === own) + 1);
      if (!(await shared.take(behind.map(({ objects }) => objects)))) return landedOnly(line);
      Object.assign(sent, { from: first.from, to: last.to });
      return { ...line, sent: line.commits.length };
    }, true);
    const { from, to } = sent;
    if (from === undefined || to === undefined) {
      if (await this.look()) return this.#wasPushed(this.#joined);
      this.#drop();
      return null;
    }
    this.pushes += 1;
    const outcome = await shared.push({ known: this.#head, from, to }, timeoutMs);
    const isSwapped = outcome.kind === 'swapped';
    await record.change(async (line) => ended(line, to, isSwapped), true);
    if (outcome.kind === 'swapped')
      return { plan, revisions: built.revisions, tip: to, notes: outcome.notes };
    this.#joined = null;
    this.mayHaveLanded ||= outcome.kind === 'unknown';
    return null;
  }

  /** Takes back what nobody has sent yet. */
  async #withdraw(): Promise<void> {
    const own = this.#joined?.to;
    if (own === undefined) return;
    const isBack = await this.#parts.record.change(async (line) => {
      if (stateOf(line, own) !== 'waiting') return null;
      const at = line.commits.findIndex(({ to }) => to === own);
      return { ...line, commits: line.commits.slice(0, at) };
    }, true);
    this.#joined = null;
    this.mayHaveLanded ||= !isBack;
  }
}

/** Lets other clones build on commits that this one pushes in its turn. */
export async function announced(
  record: PushLineFile,
  { from, revisions, objects }: BuiltCommits,
  clock: Clock,
): Promise<void> {
  const to = revisions.at(-1);
  if (to === undefined) return;
  await record.change(async (line) => started(line, { from, to, objects, at: clock.now() }), true);
}
