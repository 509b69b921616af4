import type { EventHint } from '../../model/event/event-hint.js';
import { eventIdOfName, eventsFolder, parseEventPath } from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Backend } from '../port/backend.js';
import type { Below, Revision, StateView } from '../port/state-store.js';
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

/** Reads the files of events as they are found. */
export interface EarlyReader {
  /** The largest number of files. */
  readonly most: number;
  /** @param text reads the file; null if there is none. Throws InvalidStateError. */
  take(path: string, subject: Subject, text: () => string | null): void;
}

/**
 * The files of all events whose ids match the hint, found by the names of folders and files.
 * @param early may be given some of the files, while others are listed
 */
async function candidatesById(view: StateView, hint: EventHint, early?: EarlyReader): Promise<Candidates> {
  const files = new Set<string>();
  const sealed = new Set<string>();
  const subjects = await listSubjects(view);
  const folders = subjects.map(eventsFolder);
  // The same months come again for each subject.
  const known = new Map<string, boolean>();
  const mayBe = ({ month }: Month): boolean => {
    const before = known.get(month);
    if (before !== undefined) return before;
    const answer = hint.mayBeMonth(month);
    known.set(month, answer);
    return answer;
  };
  const below: Below = {
    from: { above: hint.from.month, below: hint.from.id },
    choose: (entries, place) => {
      const months = monthsIn(entries).filter(mayBe);
      for (const { month, isSealed } of months) if (isSealed) sealed.add(`${folders[place]}/${month}`);
      return months.flatMap(({ month, isOpen }) => (isOpen ? month : []));
    },
    take: (entries, place, month) => {
      const names: string[] = [];
      for (const { name, kind } of entries) {
        const id = kind === 'file' ? eventIdOfName(name) : null;
        if (id === null || !hint.mayBeId(id)) continue;
        files.add(`${folders[place]}/${month}/${name}`);
        names.push(name);
      }
      return names;
    },
    ...(early && {
      early: {
        most: early.most,
        take: (path, place, text) => {
          const subject = subjects[place];
          if (subject) early.take(path, subject, text);
        },
      },
    }),
  };
  await listBelow(view, folders, below);
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
 * @param early may be given some of these files while others are listed, if the search is by time
 */
export async function findCandidates(
  store: Backend,
  revision: Revision,
  view: StateView,
  hint: EventHint,
  early?: EarlyReader,
): Promise<Candidates> {
  const byId = hint.isOfTime ? await candidatesById(view, hint, early) : null;
  if (byId && (hint.texts.length === 0 || byId.files.size <= FEW)) return byId;
  return candidatesByText(store, revision, hint);
}
