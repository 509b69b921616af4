import { EnvironmentError, InvalidStateError, RemoteError } from '../../errors.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { type Place, placeOfPath } from '../../model/subject/place.js';
import { MAX_YAML_BYTES } from '../../model/yaml/yaml.js';
import type { Backend } from '../../store/port/backend.js';
import type { HistoryCommit, Review } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { EventFinder } from '../../store/read/event-finder.js';
import type { Findings } from '../finding.js';
import { toolsOf } from '../review-tools.js';
import { eventDigest, type LostEvent, lostEvents } from './check-events-kept.js';

/** With more lost events than this, they are not looked up one by one; a single finding covers the rest. */
const MAX_LOST = 20_000;
/** Number of texts read at a time. */
const BATCH = 256;

/** An event that a commit removed or edited; of several such commits, the oldest counts. */
interface Lost extends LostEvent {
  readonly commit: HistoryCommit;
  /** The commit that declares the removal intended; null if none does. */
  readonly acceptedBy: Revision | null;
}

/** How much of the history was checked. */
export interface CheckedHistory {
  /** The revision after which the history was checked; null for all of it, as far as it is here. */
  readonly from: Revision | null;
  /** Number of commits checked. */
  readonly commits: number;
  /** Whether all of the history is here. */
  readonly isComplete: boolean;
}

interface Check {
  readonly review: Review;
  readonly store: Backend;
  readonly findings: Findings;
}

/** The events that commits removed or edited, by path. */
class LostInHistory {
  readonly events = new Map<string, Lost>();
  commits = 0;
  isFull = false;
  /** By the commit id as written in a message: the commit that accepts that one's removals. */
  readonly #accepted = new Map<string, Revision>();

  meet({ revision, accepts }: HistoryCommit): void {
    this.commits += 1;
    for (const accepted of accepts) this.#accepted.set(accepted, revision);
  }

  /** Called newest first, so that the oldest commit wins: what the event was before it is what was published. */
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

/** The digests of lost events by path; reads the files for those without one. */
async function readDigests(review: Review, events: readonly Lost[]): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  const unread = events.filter(({ digest }) => digest === null);
  const bytes = await review.sizes(unread.map(({ held }) => held.content));
  const small = unread.filter((_event, i) => (bytes[i] ?? 0) <= MAX_YAML_BYTES);
  const texts = await review.contents(small.map(({ held }) => held.content));
  for (const [i, { path }] of small.entries())
    digests.set(path, eventDigest((texts[i] as Buffer).toString('utf8'), path));
  for (const { path, digest } of events) if (digest !== null) digests.set(path, digest);
  return digests;
}

/** Whether the tip has a lost event as published, has it with other data, or does not have it. */
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

/** How to restore the event: take the file that contained it, as it was before that commit. */
async function fixOf({ commit, held }: Lost, review: Review, tip: Revision): Promise<string> {
  const { revision } = commit;
  const tools = toolsOf(review);
  const isSealed = placeOfPath(held.path).kind === 'sealed';
  const accept = `If it was intended, say so in the message of a commit: Kgit-Accepts-Removal: ${revision}`;
  const [then, now] = isSealed
    ? await Promise.all([review.contentAt(revision, held.path), review.contentAt(tip, held.path)])
    : [null, null];
  // A month that was sealed again meanwhile has events that the old file lacks.
  const back =
    then === now
      ? `Restore it: ${tools.restoreBefore(revision, held.path)}.`
      : `Restore it by hand: ${tools.differencesSince(revision, held.path)} shows what is missing.`;
  return `${back} ${accept}`;
}

async function tell(event: Lost, at: 'changed' | 'removed', tip: Revision, check: Check): Promise<void> {
  const { path, commit, acceptedBy } = event;
  const { revision, author, committed } = commit;
  const did = at === 'removed' ? 'is missing' : 'has changed';
  const by = `since commit ${short(revision)} of ${author.slice(0, 100)}, ${committed}`;
  const accepted = acceptedBy === null ? '' : `; commit ${short(acceptedBy)} accepts that`;
  check.findings.add(
    at === 'removed' ? 'event-removed' : 'event-changed',
    path,
    `a published event ${did} ${by}${accepted}`,
    acceptedBy === null ? { fix: await fixOf(event, check.review, tip) } : { severity: 'warning' },
  );
}

/** Reports the lost events that the tip does not have as published. */
async function tellLost(lost: LostInHistory, tip: Revision, check: Check): Promise<void> {
  // A broken event at the tip is a finding of its own, and is not what was published.
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
    check.findings.add('event-removed', null, `commits removed more than ${MAX_LOST} events`, {
      fix: `List them: ${toolsOf(check.review).removals()}`,
    });
}

/** Reports that a part of the history was not checked because this clone lacks it. */
function tellMissing(why: string, fix: string, { findings }: Check): void {
  findings.add('history-incomplete', null, why, { severity: 'warning', fix });
}

/**
 * Checks that no commit after `from`, on the line of the branch, removed or edited a published event. Sealing is fine,
 * because it keeps the events, and so is an event that was restored unchanged. A removal that a later commit accepts is
 * a warning, and so is history that a shallow or partial clone lacks.
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
    // A partial clone fetches missing objects on demand, which fails offline.
    const isLacking = [InvalidStateError, EnvironmentError, RemoteError].some(
      (Class) => error instanceof Class,
    );
    if (!review.isPartial || !isLacking) throw error;
    tellMissing(
      'this copy is partial, and what it lacks could not be fetched: its history was not checked',
      `Verify in a full one: ${toolsOf(review).complete()}`,
      check,
    );
    return result(false);
  }
  const { cutOff } = check.store.history;
  if (cutOff === null || from !== null) return result(true);
  tellMissing(
    `${cutOff.why}: whether events were removed before its first commit was not checked`,
    `Fetch the history: ${cutOff.remedy}`,
    check,
  );
  return result(false);
}
