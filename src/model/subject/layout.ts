/** Where things lie in a state repository (`docs/data-model.md`); pure names, no I/O. */
import { formatTimestamp, type KgitEvent } from '../event/event.js';
import { decodeLockName, encodeLockName } from '../lease/lock-name.js';
import { isUlid, ulidTime } from '../value/ulid.js';
import {
  cluster,
  deployment,
  isLabel,
  isSubdomain,
  lockSubject,
  managementSubject,
  type Subject,
} from './subject.js';

/** Marks a state repository and holds its settings. */
export const MARKER_FILE = 'kgit.yaml';
/** Where each forge finds the check of proposals that `kgit init --ci` lays out. */
export const CI_PATHS = {
  github: '.github/workflows/kgit.yml',
  gitlab: '.gitlab-ci.yml',
  forgejo: '.forgejo/workflows/kgit.yml',
} as const;
export const CI_FILES: readonly string[] = Object.values(CI_PATHS);
/** Schemas for editors, laid out beside the files that name them, so that they are found offline and behind any forge. */
export const SCHEMA_FOLDER = '.kgit/schemas';
/** The schema of state documents, in that folder. */
export const STATE_SCHEMA = 'state.schema.json';
export const DEPLOYMENTS = 'deployments';
export const CLUSTERS = 'clusters';
export const LOCKS = 'locks';
export const MANAGEMENTS = 'managements';

/** The folder of a subject. Its names are checked, so it never leaves the repository; a lock may be called like a device of Windows. */
export function subjectFolder(subject: Subject): string {
  if (subject.kind === 'lock') return `${LOCKS}/lock-${encodeLockName(subject.name)}`;
  if (subject.kind === 'management') return `${MANAGEMENTS}/${subject.name}`;
  return subject.kind === 'deployment'
    ? `${DEPLOYMENTS}/${subject.id}`
    : `${CLUSTERS}/${subject.management}/${subject.namespace}/${subject.name}`;
}

/** The state document of a deployment. */
export function statePath(id: string): string {
  return `${DEPLOYMENTS}/${id}/state.yaml`;
}

export function eventsFolder(subject: Subject): string {
  return `${subjectFolder(subject)}/events`;
}

/** The month that was asked for last, with its bounds in ms: events are mostly asked for month by month. */
let lastMonth = { from: 0, to: 0, month: '' };

/** The UTC month of an id, `YYYY-MM`: the place of an event follows from its id alone. */
export function monthOf(id: string): string {
  const time = ulidTime(id);
  if (time >= lastMonth.from && time < lastMonth.to) return lastMonth.month;
  const month = formatTimestamp(time).slice(0, 7);
  const date = new Date(time);
  const start = (ahead: number) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead);
  lastMonth = { from: start(0), to: start(1), month };
  return month;
}

/** The folder that holds the event with this id. */
export function monthFolder(subject: Subject, id: string): string {
  return `${eventsFolder(subject)}/${monthOf(id)}`;
}

export function eventPath(subject: Subject, event: Pick<KgitEvent, 'id' | 'action'>): string {
  return `${monthFolder(subject, event.id)}/${event.id}-${event.action}.yaml`;
}

/** The id in the name of an event file; null for any other name. */
export function eventIdOfName(name: string): string | null {
  const id = name.slice(0, 26);
  return name[26] === '-' && name.endsWith('.yaml') && isUlid(id) ? id : null;
}

const MONTH = /^\d{4}-\d\d$/;

/** Whether `name` is that of a month folder. */
export function isMonth(name: string): boolean {
  return MONTH.test(name);
}

/** The file that holds the events of a month once it is sealed. */
export function sealedPath(subject: Subject, month: string): string {
  return `${eventsFolder(subject)}/${month}.yaml`;
}

/** The month that a file in the folder of events holds sealed; null for any other name. */
export function sealedMonthOf(name: string): string | null {
  const month = name.slice(0, -'.yaml'.length);
  return name.endsWith('.yaml') && isMonth(month) ? month : null;
}

/** What an event's path says: subject and id; null where the path is no event's. */
export function parseEventPath(path: string): { subject: Subject; id: string } | null {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  const month = parts.pop() ?? '';
  const id = eventIdOfName(name);
  if (id === null || parts.pop() !== 'events' || !isMonth(month)) return null;
  const subject = subjectOfFolder(parts);
  return subject && { subject, id };
}

/** The subject whose folder this is, part by part; null where it is none. */
export function subjectOfFolder(parts: readonly string[]): Subject | null {
  const [root, a, b, c] = parts;
  if (root === DEPLOYMENTS && parts.length === 2 && a && isSubdomain(a)) return deployment(a);
  if (root === LOCKS && parts.length === 2 && a) {
    const name = a.startsWith('lock-') ? decodeLockName(a.slice('lock-'.length)) : null;
    return name === null ? null : lockSubject(name);
  }
  if (root === MANAGEMENTS && parts.length === 2 && a && isLabel(a)) return managementSubject(a);
  if (root !== CLUSTERS || parts.length !== 4 || !a || !b || !c) return null;
  return isLabel(a) && isLabel(b) && isSubdomain(c) ? cluster(a, b, c) : null;
}
