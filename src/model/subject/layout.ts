/** The layout of a state repository (`docs/data-model.md`): names only, no I/O. */
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
/** Where each forge expects the CI workflow that `kgit init --ci` writes. */
export const CI_PATHS = {
  github: '.github/workflows/kgit.yml',
  gitlab: '.gitlab-ci.yml',
  forgejo: '.forgejo/workflows/kgit.yml',
} as const;
export const CI_FILES: readonly string[] = Object.values(CI_PATHS);
/** Schemas for editors. They lie in the repository, so that editors find them offline. */
export const SCHEMA_FOLDER = '.kgit/schemas';
/** The schema of state documents, in that folder. */
export const STATE_SCHEMA = 'state.schema.json';
export const DEPLOYMENTS = 'deployments';
export const CLUSTERS = 'clusters';
export const LOCKS = 'locks';
export const MANAGEMENTS = 'managements';

/** The folder of a subject. Names are validated, so it never leaves the repository; the prefix of locks avoids device names of Windows. */
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

/** The last month computed, with its bounds in ms: most lookups go month by month. */
let lastMonth = { from: 0, to: 0, month: '' };

/** The UTC month of an id, `YYYY-MM`: an event's path follows from its id. */
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

/** Whether `name` is a month, `YYYY-MM`. */
export function isMonth(name: string): boolean {
  return MONTH.test(name);
}

/** The file of a sealed month. */
export function sealedPath(subject: Subject, month: string): string {
  return `${eventsFolder(subject)}/${month}.yaml`;
}

/** The month of a sealed file in the events folder; null for any other name. */
export function sealedMonthOf(name: string): string | null {
  const month = name.slice(0, -'.yaml'.length);
  return name.endsWith('.yaml') && isMonth(month) ? month : null;
}

/** The subject and id in the path of an event; null for any other path. */
export function parseEventPath(path: string): { subject: Subject; id: string } | null {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  const month = parts.pop() ?? '';
  const id = eventIdOfName(name);
  if (id === null || parts.pop() !== 'events' || !isMonth(month)) return null;
  const subject = subjectOfFolder(parts);
  return subject && { subject, id };
}

/** The subject of a folder, given part by part; null if it is none. */
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
