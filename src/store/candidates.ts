import type { EventHint } from '../model/event-hint.js';
import { eventIdOfName, eventsFolder, isMonth } from '../model/layout.js';
import type { Subject } from '../model/subject.js';
import { listSubjects } from './records.js';
import type { StateView } from './state-store.js';

/** Subjects that are looked through at a time: enough to keep the reader busy, few enough to hold their files. */
const BATCH = 64;
/** How many such batches are under way, so that git reads while we look through what it has read. */
const WORKERS = 3;

/** Where the events lie that a filter may want. */
export interface Candidates {
  /** Files of one event. */
  readonly files: Set<string>;
  /** Month folders whose sealed file may hold some, too: `<events folder>/YYYY-MM`. */
  readonly sealed: ReadonlySet<string>;
}

const SEALED = /^(\d{4}-\d\d)\.yaml$/;

/** The month folder that an event's path lies in. */
export function monthOfPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

async function mayBe(view: StateView, path: string, hint: EventHint): Promise<boolean> {
  if (!hint.isOfText) return true;
  const text = await view.read(path);
  return text !== null && hint.mayBeText(text);
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
      if (kind === 'file' && month && hint.mayBeMonth(month) && (await mayBe(view, path, hint)))
        sealed.push(`${folder}/${month}`);
      if (kind !== 'folder' || !isMonth(name) || !hint.mayBeMonth(name)) return;
      for (const file of (await view.list(path)) ?? []) {
        const id = file.kind === 'file' ? eventIdOfName(file.name) : null;
        if (id !== null && hint.mayBeId(id)) files.push(`${path}/${file.name}`);
      }
    }),
  );
  const wanted = await Promise.all(files.map((path) => mayBe(view, path, hint)));
  return { files: files.filter((_path, i) => wanted[i]), sealed };
}

/** The places of all events of a view that a hint lets through; a sealed month by its time and text as a whole. */
export async function findCandidates(view: StateView, hint: EventHint): Promise<Candidates> {
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
