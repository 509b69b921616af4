import { createHash } from 'node:crypto';
import { InvalidStateError } from '../../errors.js';
import { parseEvent } from '../../model/event/event-file.js';
import { parseSealedMonth } from '../../model/event/sealed-month.js';
import { eventPath } from '../../model/subject/layout.js';
import { type Place, placeOfPath } from '../../model/subject/place.js';
import { MAX_YAML_BYTES } from '../../model/yaml/yaml.js';
import type { ChangedFile, Review } from '../../store/port/review.js';
import type { Revision } from '../../store/port/state-store.js';
import { type Advice, revertFix, rollbackFor } from '../advice.js';
import type { Findings } from '../finding.js';

/** The most that is read at a time, unless a single month is larger. */
const BATCH_FILES = 4_096;
const BATCH_BYTES = 16 * 1024 * 1024;

/** The changed files in one month of a subject. */
interface MonthChange {
  /** `<events folder>/YYYY-MM` */
  readonly folder: string;
  readonly files: ChangedFile[];
  sealed: ChangedFile | null;
}

type EventPlace = Place & { readonly kind: 'event' | 'sealed' };

function monthKey(path: string, place: EventPlace): string {
  return place.kind === 'sealed' ? path.slice(0, -'.yaml'.length) : path.slice(0, path.lastIndexOf('/'));
}

/** Groups changes by month. Omits months with new files only: nothing was removed from them. */
function byMonth(changes: readonly ChangedFile[]): MonthChange[] {
  const months = new Map<string, MonthChange>();
  for (const change of changes) {
    const place = placeOfPath(change.path);
    if (place.kind !== 'event' && place.kind !== 'sealed') continue;
    const key = monthKey(change.path, place);
    const month = months.get(key) ?? { folder: key, files: [], sealed: null };
    months.set(key, month);
    if (place.kind === 'sealed') month.sealed = change;
    else month.files.push(change);
  }
  return [...months.values()].filter(({ files, sealed }) =>
    [...files, ...(sealed ? [sealed] : [])].some(({ before }) => before !== null),
  );
}

/** The events in a text, by the path that each has as a file of its own; empty if the text cannot be read. */
function eventsOf(path: string, text: string, isSealed: boolean): Map<string, string> {
  const place = placeOfPath(path);
  if (!isSealed || (place.kind !== 'sealed' && place.kind !== 'event')) return new Map([[path, text]]);
  try {
    return new Map(
      parseSealedMonth(text, path).map((event) => [eventPath(place.subject, event.head), event.text()]),
    );
  } catch (error) {
    // A broken month is a finding of its own.
    if (error instanceof InvalidStateError) return new Map();
    throw error;
  }
}

/** The parsed event as JSON, in its key order; null if it cannot be read. */
function meaningOf(text: string, path: string): string | null {
  try {
    return JSON.stringify(parseEvent(text, path));
  } catch (error) {
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}

/** Whether two texts of an event have the same data in the same order: sealing may have to reformat one. */
function saysTheSame(before: string, after: string, path: string): boolean {
  if (before === after) return true;
  const meaning = meaningOf(before, path);
  return meaning !== null && meaning === meaningOf(after, path);
}

/** A published event that is gone or no longer what it was. */
export interface LostEvent {
  /**
   * `edited`: its own file was changed, and was not compared further. `changed`: the event has different data where it
   * is now.
   */
  readonly kind: 'removed' | 'edited' | 'changed';
  /** The path that the event has, or would have, as a file of its own. */
  readonly path: string;
  /** The file in which the event is missing or different. */
  readonly file: string;
  /** The file that contained it, and the id of that file's content. */
  readonly held: { readonly path: string; readonly content: string };
  /** Digest of its data; null if it was not read. */
  readonly digest: string | null;
}

/** Digest of an event's data, independent of its layout. */
export function eventDigest(text: string, path: string): string {
  return createHash('sha256')
    .update(meaningOf(text, path) ?? text)
    .digest('hex');
}

/** Content by its id; null if it is too large, which is a finding of its own. */
type Contents = (id: string | null) => string | null;

function* lostOfMonth({ files, sealed }: MonthChange, contents: Contents): Generator<LostEvent> {
  type Held = { readonly text: string; readonly path: string; readonly content: string };
  const before = new Map<string, Held>();
  const after = new Map<string, string>();
  const take = (path: string, id: string | null, isSealed: boolean) => {
    const text = contents(id);
    return text === null ? new Map<string, string>() : eventsOf(path, text, isSealed);
  };
  const takeBoth = ({ path, before: was, after: is }: ChangedFile, isSealed: boolean) => {
    for (const [name, text] of take(path, was, isSealed))
      before.set(name, { text, path, content: was ?? '' });
    for (const [name, text] of take(path, is, isSealed)) after.set(name, text);
  };
  if (sealed) takeBoth(sealed, true);
  for (const file of files) {
    const { path, before: was, after: is } = file;
    if (was !== null && is !== null)
      yield { kind: 'edited', path, file: path, held: { path, content: was }, digest: null };
    else takeBoth(file, false);
  }
  for (const [path, { text, ...held }] of before) {
    const there = after.get(path);
    if (there !== undefined && saysTheSame(text, there, path)) continue;
    const kind = there === undefined ? 'removed' : 'changed';
    const file = kind === 'changed' && sealed ? sealed.path : path;
    yield { kind, path, file, held, digest: eventDigest(text, path) };
  }
}

/** The contents needed to compare a month. An edited file is a finding without being read. */
function contentsOf({ files, sealed }: MonthChange): string[] {
  const read = files.filter(({ before, after }) => before === null || after === null);
  return [...read, ...(sealed ? [sealed] : [])].flatMap(({ before, after }) =>
    [before, after].filter((id) => id !== null),
  );
}

function* batches(
  months: readonly MonthChange[],
  sizes: ReadonlyMap<string, number>,
): Generator<readonly MonthChange[]> {
  let batch: MonthChange[] = [];
  let [files, bytes] = [0, 0];
  for (const month of months) {
    const ids = contentsOf(month);
    const size = ids.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0);
    if (batch.length > 0 && (files + ids.length > BATCH_FILES || bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      [files, bytes] = [0, 0];
    }
    batch.push(month);
    files += ids.length;
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Adds the sealed file to a month in which only event files were removed: it may contain them. */
async function withUnchangedSealed(month: MonthChange, review: Review, to: Revision): Promise<MonthChange> {
  if (month.sealed || !month.files.some(({ after }) => after === null)) return month;
  const path = `${month.folder}.yaml`;
  const id = await review.contentAt(to, path);
  return id === null ? month : { ...month, sealed: { path, before: id, after: id } };
}

/**
 * The events that changes of files removed or edited. An event that was sealed unchanged is not lost.
 * @param to the revision that the changes led to
 */
export async function* lostEvents(
  review: Review,
  changes: readonly ChangedFile[],
  to: Revision,
): AsyncGenerator<LostEvent> {
  const months: MonthChange[] = [];
  for (const month of byMonth(changes)) months.push(await withUnchangedSealed(month, review, to));
  const all = [...new Set(months.flatMap(contentsOf))];
  const bytes = await review.sizes(all);
  const sizes = new Map(all.map((id, i) => [id, bytes[i] as number]));
  for (const batch of batches(months, sizes)) {
    const ids = [...new Set(batch.flatMap(contentsOf))].filter(
      (id) => (sizes.get(id) ?? 0) <= MAX_YAML_BYTES,
    );
    const read = await review.contents(ids);
    const texts = new Map(ids.map((id, i) => [id, (read[i] as Buffer).toString('utf8')]));
    const contents: Contents = (id) => (id === null ? null : (texts.get(id) ?? null));
    for (const month of batch) yield* lostOfMonth(month, contents);
  }
}

/** Checks that every event of the older revision is in the newer one unchanged, possibly sealed. */
export async function checkEventsKept(
  review: Review,
  changes: readonly ChangedFile[],
  { from, to }: { readonly from: Revision; readonly to: Revision },
  advice: Advice,
  findings: Findings,
): Promise<void> {
  const restore = (path: string) => advice.restore(from, path);
  for await (const { kind, path, file, held } of lostEvents(review, changes, to)) {
    if (kind === 'edited')
      findings.add('event-changed', path, 'a published event must not be edited', {
        fix: `Restore it (${restore(path)}), and record the correction as a new event`,
      });
    else if (kind === 'removed') {
      const reverted = rollbackFor(path, advice);
      findings.add('event-removed', path, 'a published event is missing', {
        fix: reverted ? revertFix(reverted) : `Restore it: ${restore(held.path)}`,
      });
    } else
      findings.add('event-changed', file, `the event ${path} differs from what was published`, {
        fix: `Restore its file (${restore(file)}); kgit compact seals it unchanged`,
      });
  }
}
