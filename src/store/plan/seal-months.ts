import { InvalidStateError } from '../../errors.js';
import { parseEvent } from '../../model/event/event-file.js';
import { formatSealedMonth, sealableText } from '../../model/event/sealed-month.js';
import { eventsFolder, sealedPath } from '../../model/subject/layout.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { sameValue } from '../../model/value/value.js';
import { MAX_YAML_BYTES } from '../../model/yaml/yaml.js';
import type { FileChanges, StateView } from '../port/state-store.js';
import { listSubjects } from '../read/records.js';
import { eventName, type MonthFiles, monthsOf, readListed, readSealed } from '../read/stored-events.js';

/** How many subjects are read at a time: enough to keep the reader busy, few enough to bound memory. */
const AT_ONCE = 8;

/** A sealed month of a subject. */
export interface SealedMonth {
  readonly subject: string;
  /** `YYYY-MM` */
  readonly month: string;
  /** Number of events in its file. */
  readonly events: number;
}

/** The result of a compact. */
export interface Sealing {
  readonly sealed: readonly SealedMonth[];
  /** Number of event files that went into sealed months. */
  readonly files: number;
  /** Months that stay open, because their sealed file would be too large to read. */
  readonly tooLarge: readonly { readonly subject: string; readonly month: string; readonly bytes: number }[];
}

type Outcome = SealedMonth & { readonly taken: number; readonly bytes: number };

/** The texts of a month's events, by file name. */
async function textsOf(view: StateView, subject: Subject, files: MonthFiles): Promise<Map<string, string>> {
  const folder = `${eventsFolder(subject)}/${files.month}`;
  const sealed = files.isSealed ? await readSealed(view, subject, files.month) : [];
  const texts = new Map<string, string>();
  const add = (name: string, text: string, path: string) => {
    const known = texts.get(name) ?? text;
    if (known !== text && !sameValue(parseEvent(known, path), parseEvent(text, path)))
      throw broken(path, `${name} is there twice with other content`);
    texts.set(name, known);
  };
  for (const event of sealed) add(eventName(event.head), event.text(), sealedPath(subject, files.month));
  const late = await Promise.all(files.names.map((name) => readListed(view, `${folder}/${name}`)));
  for (const [i, own] of late.entries()) {
    const name = files.names[i] as string;
    const path = `${folder}/${name}`;
    const { head, text } = sealableText(own, path);
    if (eventName(head) !== name) throw broken(path, `the event in it would be called ${eventName(head)}`);
    add(name, text, path);
  }
  return texts;
}

function broken(path: string, why: string): InvalidStateError {
  return new InvalidStateError(`${path}: ${why}`, {
    data: { path },
    suggestions: [`Look at who changed ${path}, and put it back`],
  });
}

/** Seals one month: adds its file changes to `changes`, unless the sealed file would be too large. */
async function sealMonth(
  view: StateView,
  subject: Subject,
  files: MonthFiles,
  changes: Map<string, string | null>,
): Promise<Outcome> {
  const { month, names } = files;
  const texts = await textsOf(view, subject, files);
  const sorted = [...texts.keys()].sort().map((name) => texts.get(name) as string);
  const file = formatSealedMonth(subject, sorted);
  const bytes = Buffer.byteLength(file);
  const outcome = { subject: formatSubject(subject), month, events: texts.size, taken: names.length, bytes };
  if (bytes > MAX_YAML_BYTES) return outcome;
  const folder = `${eventsFolder(subject)}/${month}`;
  const others = (await view.list(folder))?.length !== names.length;
  if (others) for (const name of names) changes.set(`${folder}/${name}`, null);
  else changes.set(folder, null);
  changes.set(sealedPath(subject, month), file);
  return outcome;
}

/**
 * Computes how to seal all months before `before` (`YYYY-MM`) of all subjects; late events of sealed months are added to
 * them. Returns the changes of files and the result. Throws InvalidStateError for a broken event file.
 */
export async function sealMonths(
  view: StateView,
  before: string,
): Promise<{ files: FileChanges; sealing: Sealing }> {
  const files = new Map<string, string | null>();
  const outcomes: Outcome[] = [];
  const subjects = await listSubjects(view);
  for (let i = 0; i < subjects.length; i += AT_ONCE) {
    const some = subjects.slice(i, i + AT_ONCE).map(async (subject) => {
      const months = await monthsOf(view, subject);
      const due = months.filter(({ month, names }) => month < before && names.length > 0);
      const done: Outcome[] = [];
      for (const month of due) done.push(await sealMonth(view, subject, month, files));
      return done;
    });
    outcomes.push(...(await Promise.all(some)).flat());
  }
  const isSealed = ({ bytes }: Outcome) => bytes <= MAX_YAML_BYTES;
  const done = outcomes.filter(isSealed);
  return {
    files,
    sealing: {
      sealed: done.map(({ subject, month, events }) => ({ subject, month, events })),
      files: done.reduce((sum, { taken }) => sum + taken, 0),
      tooLarge: outcomes
        .filter((outcome) => !isSealed(outcome))
        .map(({ subject, month, bytes }) => ({ subject, month, bytes })),
    },
  };
}
