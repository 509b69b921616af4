import { EnvironmentError, InvalidStateError, RemoteError } from '../../errors.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { type Place, placeOfPath } from '../../model/subject/place.js';
import { shellWord } from '../../model/value/shell-word.js';
import { MAX_YAML_BYTES } from '../../model/yaml/yaml.js';
import type { Backend } from '../../store/port/backend.js';
import type { HistoryCommit, Review } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { EventFinder } from '../../store/read/event-finder.js';
import type { Findings } from '../finding.js';
import { eventDigest, type LostEvent, lostEvents } from './check-events-kept.js';

/** More lost events than these are not looked up one by one: the history is told as a whole then. */
const MAX_LOST = 20_000;
/** So many texts are read at a time. */
const BATCH = 256;

/** An event that a commit took away or edited, by what is known of the oldest such commit. */
interface Lost extends LostEvent {
  readonly commit: HistoryCommit;
  /** The commit that says that this was meant; null where none does. */
  readonly acceptedBy: Revision | null;
}

/** How far the history was looked at. */
export interface CheckedHistory {
  /** The revision behind which it was looked at; null where that is its beginning, as far as it is here. */
  readonly from: Revision | null;
  /** How many commits there are on that line. */
  readonly commits: number;
  /** Whether nothing is missing from this clone. */
  readonly isComplete: boolean;
}

interface Check {
  readonly review: Review;
  readonly store: Backend;
  readonly findings: Findings;
}

/** The events that commits took away or edited, by path. */
class LostInHistory {
  readonly events = new Map<string, Lost>();
  commits = 0;
  isFull = false;
  /** By what a commit wrote of the commit whose removals it accepts. */
  readonly #accepted = new Map<string, Revision>();

  meet({ revision, accepts }: HistoryCommit): void {
    this.commits += 1;
    for (const accepted of accepts) this.#accepted.set(accepted, revision);
  }

  /** Newest first, so that the oldest commit stays: what the event was before it is what was published. */
  add(event: LostEvent, commit: HistoryCommit): void {
    if (!this.events.has(event.path) && this.events.size >= MAX_LOST) {
      this.isFull = true;
      return;
    }
    const [, acceptedBy = null] =
      [...this.#accepted].find(([accepted]) => commit.revision.startsWith(accepted)) ?? [];
    this.events.set(event.path, { ...event, commit, acceptedBy });
  }
}

/** What the held files say that were not read yet, by the paths of their events. */
async function readDigests(review: Review, events: readonly Lost[]): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  const unread = events.filter(({ digest }) => digest === null);
  const bytes = await review.sizes(unread.map(({ held }) => held.oid));
  const small = unread.filter((_event, i) => (bytes[i] ?? 0) <= MAX_YAML_BYTES);
  const texts = await review.contents(small.map(({ held }) => held.oid));
  for (const [i, { path }] of small.entries())
    digests.set(path, eventDigest((texts[i] as Buffer).toString('utf8'), path));
  for (const { path, digest } of events) if (digest !== null) digests.set(path, digest);
  return digests;
}

/** What the tip has of a lost event: the event as it was published, another text, or nothing. */
async function stateAtTip(
  event: Lost,
  digest: string | undefined,
  finder: EventFinder,
): Promise<'kept' | 'changed' | 'removed'> {
  const place: Place = placeOfPath(event.path);
  const found = place.kind === 'event' ? await finder.at(place.subject, event.path) : null;
  if (found === null) return 'removed';
  return eventDigest(found.text(), event.path) === digest ? 'kept' : 'changed';
}

const short = (revision: Revision) => revision.slice(0, 12);

/** How the event comes back: the file that held it, as it was before that commit. */
async function fixOf({ commit, held }: Lost, review: Review, tip: Revision): Promise<string> {
  const { revision } = commit;
  const isSealed = placeOfPath(held.path).kind === 'sealed';
  const accept = `Where it was meant, say so in the message of a commit: Kgit-Accepts-Removal: ${revision}`;
  const [then, now] = isSealed
    ? await Promise.all([review.contentAt(revision, held.path), review.contentAt(tip, held.path)])
    : [null, null];
  // A month that was sealed again meanwhile has events that the file of then has not.
  const back =
    then === now
      ? `Put it back: git checkout ${short(revision)}^ -- ${shellWord(held.path)}; then commit it.`
      : `Put it back by hand: git diff ${short(revision)}^ -- ${shellWord(held.path)} shows what is missing.`;
  return `${back} ${accept}`;
}

async function tell(event: Lost, at: 'changed' | 'removed', tip: Revision, check: Check): Promise<void> {
  const { path, commit, acceptedBy } = event;
  const { revision, author, committed } = commit;
  const did = at === 'removed' ? 'is not there any more' : 'is not what it was';
  const by = `since commit ${short(revision)} of ${author.slice(0, 100)}, ${committed}`;
  const accepted = acceptedBy === null ? '' : `; commit ${short(acceptedBy)} says that it was meant`;
  check.findings.add(
    at === 'removed' ? 'event-removed' : 'event-changed',
    path,
    `an event that was published ${did} ${by}${accepted}`,
    acceptedBy === null ? { fix: await fixOf(event, check.review, tip) } : { severity: 'warning' },
  );
}

/** Tells those of the lost events that the tip does not have again as they were. */
async function tellLost(lost: LostInHistory, tip: Revision, check: Check): Promise<void> {
  // What is broken at the tip is a finding of its own, and is not what was published.
  const finder = new EventFinder(check.store.view(tip), new SkippedEvents());
  const events = [...lost.events.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (let i = 0; i < events.length; i += BATCH) {
    const batch = events.slice(i, i + BATCH);
    const digests = await readDigests(check.review, batch);
    for (const event of batch) {
      const at = await stateAtTip(event, digests.get(event.path), finder);
      if (at !== 'kept') await tell(event, at, tip, check);
    }
  }
  if (lost.isFull)
    check.findings.add('event-removed', null, `commits took away more than ${MAX_LOST} events`, {
      fix: 'See which: git log --first-parent --diff-filter=D --name-only -- deployments clusters locks',
    });
}

/** What this clone has not, and so was not looked at. */
function tellMissing(why: string, fix: string, { findings }: Check): void {
  findings.add('history-incomplete', null, why, { severity: 'warning', fix });
}

/**
 * Sees that no commit behind `from`, along first parents, took a published event away or edited it, but for sealings,
 * which keep what they seal. What was put back as it was is well; what a later commit says was meant is a warning.
 * What a shallow or partial clone lacks is told as a warning.
 * @param from a revision that was verified before; null for the whole history
 */
export async function checkHistory(
  from: Revision | null,
  to: Revision,
  check: Check,
): Promise<CheckedHistory> {
  const { review } = check;
  const lost = new LostInHistory();
  const result = (isComplete: boolean) => ({ from, commits: lost.commits, isComplete });
  try {
    for await (const { commit, changes } of review.history(from, to, (met) => lost.meet(met)))
      for await (const event of lostEvents(review, changes, commit.revision)) lost.add(event, commit);
    await tellLost(lost, to, check);
  } catch (error) {
    // A partial clone fetches what it lacks when it is asked for, and cannot where it is offline.
    const isLacking = [InvalidStateError, EnvironmentError, RemoteError].some(
      (Class) => error instanceof Class,
    );
    if (!review.isPartial || !isLacking) throw error;
    tellMissing(
      'this clone is partial, and what it lacks could not be fetched: its history was not looked at',
      'Verify in a full clone: git clone without --filter',
      check,
    );
    return result(false);
  }
  const { cutOff } = check.store.history;
  if (cutOff === null || from !== null) return result(true);
  tellMissing(
    `${cutOff.why}: what happened to events before its first commit was not looked at`,
    `Fetch the history: ${cutOff.remedy}`,
    check,
  );
  return result(false);
}
