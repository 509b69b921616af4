import type { EventHint } from '../../model/event/event-hint.js';
import { eventIdOfName, eventsFolder, parseEventPath } from '../../model/subject/layout.js';
import type { Backend } from '../port/backend.js';
import type { ChooseBelow, Revision, StateView } from '../port/state-store.js';
import { listBelow } from './list-below.js';
import { listSubjects } from './records.js';
import { type Month, monthsIn } from './stored-events.js';

/** Up to this many files are not worth a full-text search. */
const FEW = 5_000;

/** If more files than this match, they are searched for another of the texts. */
const ENOUGH = 500;

/** The files that may hold events that a filter wants. */
export interface Candidates {
  /** Files of single events. */
  readonly files: Set<string>;
  /** Months whose sealed file may hold some: `<events folder>/YYYY-MM`. */
  readonly sealed: ReadonlySet<string>;
}

const SEALED = /^(\d{4}-\d\d)\.yaml$/;

/** The month folder of an event's path. */
export function monthOfPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

/** The files of all events whose ids match the hint, found by the names of folders and files. */
async function candidatesById(view: StateView, hint: EventHint): Promise<Candidates> {
  const files = new Set<string>();
  const sealed = new Set<string>();
  const folders = (await listSubjects(view)).map(eventsFolder);
  // The same months come again for each subject.
  const known = new Map<string, boolean>();
  const mayBe = ({ month }: Month): boolean => {
    const before = known.get(month);
    if (before !== undefined) return before;
    const answer = hint.mayBeMonth(month);
    known.set(month, answer);
    return answer;
  };
  const choose: ChooseBelow = (entries, place) => {
    const months = monthsIn(entries).filter(mayBe);
    for (const { month, isSealed } of months) if (isSealed) sealed.add(`${folders[place]}/${month}`);
    return months.flatMap(({ month, isOpen }) => (isOpen ? month : []));
  };
  await listBelow(view, folders, choose, (entries, place, month) => {
    const before = files.size;
    for (const { name, kind } of entries) {
      const id = kind === 'file' ? eventIdOfName(name) : null;
      if (id !== null && hint.mayBeId(id)) files.add(`${folders[place]}/${month}/${name}`);
    }
    return files.size > before;
  });
  return { files, sealed };
}

/** Whether a path is that of a sealed month, `<events folder>/YYYY-MM.yaml`. */
function isSealed(path: string): boolean {
  const [name = '', folder] = path.split('/').reverse();
  return folder === 'events' && SEALED.test(name);
}

async function candidatesByText(store: Backend, revision: Revision, hint: EventHint): Promise<Candidates> {
  const [rarest = [], ...others] = hint.texts;
  let paths = await store.history.filesWith(revision, rarest);
  for (const texts of others) {
    if (paths.length <= ENOUGH) break;
    const also = new Set(await store.history.filesWith(revision, texts));
    paths = paths.filter((path) => also.has(path));
  }
  const files = paths.filter((path) => {
    const place = parseEventPath(path);
    return place !== null && hint.mayBeId(place.id);
  });
  const sealed = paths.filter(isSealed).map((path) => path.slice(0, -'.yaml'.length));
  return { files: new Set(files), sealed: new Set(sealed) };
}

/**
 * The files of all events of a revision that match a hint, and perhaps of some others.
 * @param view the files of the revision
 */
export async function findCandidates(
  store: Backend,
  revision: Revision,
  view: StateView,
  hint: EventHint,
): Promise<Candidates> {
  const byId = hint.isOfTime ? await candidatesById(view, hint) : null;
  if (byId && (hint.texts.length === 0 || byId.files.size <= FEW)) return byId;
  return candidatesByText(store, revision, hint);
}
