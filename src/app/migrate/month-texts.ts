import { parseSealedMonth } from '../../model/event/sealed-month.js';
import { eventIdOfName, eventsFolder, sealedPath } from '../../model/subject/layout.js';
import { placeOfPath } from '../../model/subject/place.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Backend } from '../../store/port/backend.js';
import type { WholeRevision } from '../../store/port/history.js';
import type { StateView } from '../../store/port/state-store.js';
import { eventName, readListed } from '../../store/read/stored-events.js';

/** The folder of the event files of a month. */
const folderOf = (subject: Subject, month: string) => `${eventsFolder(subject)}/${month}`;

/**
 * The texts of the events of a month by the names of their files, whether they are files or in a sealed month. Throws
 * InvalidStateError for a sealed month that cannot be read.
 */
export async function monthTexts(
  view: StateView,
  subject: Subject,
  month: string,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const folder = folderOf(subject, month);
  if ((await view.kindOf(folder)) === 'folder') {
    const entries = (await view.list(folder)) ?? [];
    const names = entries.filter(({ name, kind }) => kind === 'file' && eventIdOfName(name) !== null);
    const paths = names.map(({ name }) => `${folder}/${name}`);
    const read =
      (await view.readMany?.(paths)) ?? (await Promise.all(paths.map((path) => readListed(view, path))));
    for (const [i, { name }] of names.entries()) texts.set(name, read[i] ?? '');
  }
  const path = sealedPath(subject, month);
  if ((await view.kindOf(path)) !== 'file') return texts;
  for (const event of parseSealedMonth(await readListed(view, path), path))
    texts.set(eventName(event.head), event.text());
  return texts;
}

/**
 * The files that a revision writes and removes where months are not sealed: each event of a sealed month is a file of its
 * own there. Throws InvalidStateError for a sealed month that cannot be read.
 */
export async function unsealed(
  store: Backend,
  { parent, revision, files }: WholeRevision,
): Promise<ReadonlyMap<string, string | null>> {
  const after = store.view(revision);
  const months = new Map<string, { readonly subject: Subject; readonly month: string }>();
  for (const [path, text] of files) {
    const place = placeOfPath(path);
    if (place.kind !== 'sealed' && (place.kind !== 'event' || text !== null)) continue;
    const { subject, month } = place;
    const isOfSealed = place.kind === 'sealed' || (await after.kindOf(sealedPath(subject, month))) !== null;
    if (isOfSealed) months.set(folderOf(subject, month), { subject, month });
  }
  if (months.size === 0) return files;
  const isElsewhere = (path: string) => {
    const place = placeOfPath(path);
    const isOfEvents = place.kind === 'sealed' || place.kind === 'event';
    return !isOfEvents || !months.has(folderOf(place.subject, place.month));
  };
  const changes = new Map([...files].filter(([path]) => isElsewhere(path)));
  const before = store.view(parent);
  for (const [folder, { subject, month }] of months) {
    const [was, is] = [await monthTexts(before, subject, month), await monthTexts(after, subject, month)];
    for (const name of was.keys()) if (!is.has(name)) changes.set(`${folder}/${name}`, null);
    for (const [name, text] of is) if (was.get(name) !== text) changes.set(`${folder}/${name}`, text);
  }
  return changes;
}
