import type { EventHint } from '../../model/event/event-hint.js';
import { eventIdOfName, eventsFolder, isMonth, parseEventPath } from '../../model/subject/layout.js';
import type { Subject } from '../../model/subject/subject.js';
import type { Backend } from '../port/backend.js';
import type { Revision, StateView } from '../port/state-store.js';
import { listSubjects } from './records.js';

/** How many subjects are searched at a time: enough for large answers of git, few enough to hold their files. */
const BATCH = 512;
/** How many batches run at once, so that git reads while the last answer is searched. */
const WORKERS = 2;

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

async function ofSubject(
  view: StateView,
  subject: Subject,
  hint: EventHint,
): Promise<{ files: string[]; sealed: string[] }> {
  const folder = eventsFolder(subject);
  const entries = (await view.list(folder)) ?? [];
  const files: string[] = [];
  const sealed: string[] = [];
  await Promise.all(
    entries.map(async ({ name, kind }) => {
      const path = `${folder}/${name}`;
      const month = SEALED.exec(name)?.[1];
      if (kind === 'file' && month && hint.mayBeMonth(month)) sealed.push(`${folder}/${month}`);
      if (kind !== 'folder' || !isMonth(name) || !hint.mayBeMonth(name)) return;
      for (const file of (await view.list(path)) ?? []) {
        const id = file.kind === 'file' ? eventIdOfName(file.name) : null;
        if (id !== null && hint.mayBeId(id)) files.push(`${path}/${file.name}`);
      }
    }),
  );
  return { files, sealed };
}

/** The files of all events whose ids match the hint, found by the names of folders and files. */
async function candidatesById(view: StateView, hint: EventHint): Promise<Candidates> {
  const subjects = await listSubjects(view);
  const files = new Set<string>();
  const sealed = new Set<string>();
  let next = 0;
  const work = async () => {
    while (next < subjects.length) {
      const batch = subjects.slice(next, next + BATCH);
      next += BATCH;
      for (const found of await Promise.all(batch.map((subject) => ofSubject(view, subject, hint)))) {
        for (const path of found.files) files.add(path);
        for (const month of found.sealed) sealed.add(month);
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
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

/** The files of all events of a revision that match a hint, and perhaps of some others. */
export async function findCandidates(
  store: Backend,
  revision: Revision,
  hint: EventHint,
): Promise<Candidates> {
  const byId = hint.isOfTime ? await candidatesById(store.view(revision), hint) : null;
  if (byId && (hint.texts.length === 0 || byId.files.size <= FEW)) return byId;
  return candidatesByText(store, revision, hint);
}
