import { SECRET_SUFFIX, SECRETS, SOPS_FILE } from '../team-secret/secret-name.js';
import {
  CLUSTERS,
  DEPLOYMENTS,
  isMonth,
  LOCKS,
  MANAGEMENTS,
  MARKER_FILE,
  monthOf,
  parseEventPath,
  sealedMonthOf,
  subjectOfFolder,
} from './layout.js';
import type { Subject } from './subject.js';

/** The kind of file that a path of a state repository denotes. */
export type Place =
  | { readonly kind: 'marker' }
  /** Says for whom secrets are encrypted. */
  | { readonly kind: 'recipients' }
  | { readonly kind: 'state'; readonly subject: Subject & { readonly kind: 'deployment' } }
  | { readonly kind: 'event'; readonly subject: Subject; readonly id: string; readonly month: string }
  | { readonly kind: 'sealed'; readonly subject: Subject; readonly month: string }
  /** An encrypted secret of a deployment or a cluster. */
  | { readonly kind: 'secret'; readonly subject: Subject }
  /** In a folder of kgit's, at a path that kgit never writes. */
  | { readonly kind: 'stray' }
  /** A file of the team. */
  | { readonly kind: 'other' };

const OWN: readonly string[] = [DEPLOYMENTS, CLUSTERS, LOCKS, MANAGEMENTS];
const STRAY: Place = { kind: 'stray' };

/** The kind of file that must lie at `path`. */
export function placeOfPath(path: string): Place {
  if (path === MARKER_FILE) return { kind: 'marker' };
  if (path === SOPS_FILE) return { kind: 'recipients' };
  const parts = path.split('/');
  if (!OWN.includes(parts[0] as string)) return { kind: 'other' };
  const event = parseEventPath(path);
  if (event) {
    const month = parts.at(-2) as string;
    return monthOf(event.id) === month ? { kind: 'event', ...event, month } : STRAY;
  }
  const name = parts.pop() as string;
  if (name === 'state.yaml') {
    const subject = subjectOfFolder(parts);
    return subject?.kind === 'deployment' ? { kind: 'state', subject } : STRAY;
  }
  const month = sealedMonthOf(name);
  if (month !== null && isMonth(month) && parts.pop() === 'events') {
    const subject = subjectOfFolder(parts);
    if (subject) return { kind: 'sealed', subject, month };
  }
  if (parts.at(-1) === SECRETS) {
    const subject = subjectOfFolder(parts.slice(0, -1));
    return subject && name.endsWith(SECRET_SUFFIX) ? { kind: 'secret', subject } : STRAY;
  }
  // Other files of the team may lie beside the records, but not below `events`.
  return parts.includes('events') || name.endsWith('.yaml') ? STRAY : { kind: 'other' };
}
