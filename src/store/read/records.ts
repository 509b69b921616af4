import { InvalidStateError, NoRepositoryError } from '../../errors.js';
import { type BrokenEvents, REFUSE_BROKEN } from '../../model/event/broken-events.js';
import { sortByTime } from '../../model/event/event.js';
import { parseState } from '../../model/state/state-document.js';
import { CLUSTERS, DEPLOYMENTS, MARKER_FILE, statePath } from '../../model/subject/layout.js';
import {
  type Identities,
  isIdentityText,
  MAX_IDENTITIES,
  sortedIdentities,
} from '../../model/subject/management-identity.js';
import {
  cluster,
  compareSubjects,
  deployment,
  isLabel,
  isSubdomain,
  type Subject,
} from '../../model/subject/subject.js';
import { shellWord } from '../../model/value/shell-word.js';
import { isMap, type Value } from '../../model/value/value.js';
import type { Revision, StateView } from '../port/state-store.js';
import { monthsOf, readMonth, type StoredEvent } from './stored-events.js';

/** The version of repositories that this program reads and writes. */
export const API_VERSION = 'kgit/v1';
/** The version in the kgit.yaml of a store that was migrated: no kgit reads or writes it. */
export const MOVED_VERSION = 'kgit/moved';
/** How much of a text in a kgit.yaml is shown, in characters. */
const MAX_SHOWN = 300;

/** Where a store went. */
export interface Moved {
  /** What users give as `--repo`. */
  readonly to: string;
  /** The newest revision before it went. */
  readonly revision: Revision;
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
}

/** Where the store with this kgit.yaml went; null if it is in use. Throws InvalidStateError for a broken file. */
export function movedOf(text: string): Moved | null {
  return movedBy(parseState(text, MARKER_FILE));
}

function movedBy({ apiVersion, moved }: Record<string, Value>): Moved | null {
  if (apiVersion !== MOVED_VERSION) return null;
  const textOf = (key: string) => {
    const value = isMap(moved) ? moved[key] : null;
    return typeof value === 'string' ? value.slice(0, MAX_SHOWN) : '?';
  };
  return { to: textOf('to'), revision: textOf('revision'), by: textOf('by'), at: textOf('at') };
}

async function folders(view: StateView, path: string, isName: (name: string) => boolean): Promise<string[]> {
  const entries = (await view.list(path)) ?? [];
  return entries.filter(({ name, kind }) => kind === 'folder' && isName(name)).map(({ name }) => name);
}

/** The deployments that the repository knows, by id. */
export function listDeployments(view: StateView): Promise<string[]> {
  return folders(view, DEPLOYMENTS, isSubdomain);
}

/** All subjects of the repository, sorted; folders with invalid names are skipped. */
export async function listSubjects(view: StateView, kind?: Subject['kind']): Promise<Subject[]> {
  const subjects: Subject[] = [];
  if (kind !== 'cluster') subjects.push(...(await listDeployments(view)).map(deployment));
  if (kind !== 'deployment') {
    for (const management of await folders(view, CLUSTERS, isLabel)) {
      for (const namespace of await folders(view, `${CLUSTERS}/${management}`, isLabel)) {
        const names = await folders(view, `${CLUSTERS}/${management}/${namespace}`, isSubdomain);
        subjects.push(...names.map((name) => cluster(management, namespace, name)));
      }
    }
  }
  return subjects.sort(compareSubjects);
}

/**
 * All events of a subject, month by month, by id.
 * @param broken how events that cannot be read are handled
 */
export async function storedEvents(
  view: StateView,
  subject: Subject,
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<StoredEvent[]> {
  const months = await monthsOf(view, subject);
  return (await Promise.all(months.map((month) => readMonth(view, subject, month, broken)))).flat();
}

/**
 * All events of a subject, by event time, then id, each parsed when it is asked for.
 * @param broken how events that cannot be read are handled
 */
export async function readEvents(
  view: StateView,
  subject: Subject,
  broken: BrokenEvents = REFUSE_BROKEN,
): Promise<StoredEvent[]> {
  return sortByTime(await storedEvents(view, subject, broken), ({ head }) => head);
}

/** The state of a deployment; null if it has no document. Throws InvalidStateError. */
export async function readState(view: StateView, id: string): Promise<Record<string, Value> | null> {
  const text = await view.read(statePath(id));
  return text === null ? null : parseState(text, statePath(id));
}

/** The settings file of the repository. Throws NoRepositoryError if there is none, InvalidStateError for a broken one. */
export async function readMarker(view: StateView, where: string): Promise<Record<string, Value>> {
  const text = await view.read(MARKER_FILE);
  if (text === null) {
    throw new NoRepositoryError(`${where} is not a state repository: it has no ${MARKER_FILE}`, {
      suggestions: ["Make it one with 'kgit init'", 'Or name another one: --repo'],
      data: { path: where },
    });
  }
  const marker = parseState(text, MARKER_FILE);
  checkMarker(marker);
  return marker;
}

/**
 * Throws InvalidStateError if the repository was upgraded to a newer version since it was opened, because nothing may be
 * written into that. A branch without a settings file passes: opening it reports that.
 */
export async function checkVersion(view: StateView, where: string): Promise<void> {
  if ((await view.read(MARKER_FILE)) !== null) await readMarker(view, where);
}

/** Throws InvalidStateError for a settings file of a version that this program does not know. */
export function checkMarker(marker: Record<string, Value>): void {
  const version = marker['apiVersion'];
  if (version === API_VERSION && marker['kind'] === 'StateRepository') return;
  const moved = movedBy(marker);
  if (moved !== null) throw hasMoved(moved);
  const isNewer = typeof version === 'string' && /^kgit\/v([2-9]|\d{2})/.test(version);
  throw new InvalidStateError(
    `${MARKER_FILE}: apiVersion is ${JSON.stringify(version ?? null)}, kind ${JSON.stringify(marker['kind'] ?? null)}; this kgit knows ${API_VERSION}, StateRepository`,
    {
      suggestions: [
        isNewer
          ? 'Update kgit: the repository is of a newer version'
          : `Look at who changed ${MARKER_FILE}, and put it back`,
      ],
      data: { path: MARKER_FILE },
    },
  );
}

/** The error for a store that was migrated. */
function hasMoved(moved: Moved): InvalidStateError {
  const { to, by, at } = moved;
  return new InvalidStateError(
    `this store moved to ${JSON.stringify(to)} (${at}, by ${by}): nothing is read or written here`,
    {
      suggestions: [
        `Use that one: --repo ${shellWord(to)}, or repo: in your settings`,
        `If writes wait here ('kgit outbox' lists them), publish them there: kgit migrate --to ${shellWord(to)} --resume`,
      ],
      data: { path: MARKER_FILE, moved },
    },
  );
}

/** The management clusters in `kgit.yaml`, each with its identities. Throws InvalidStateError. */
export function managementsOf(marker: Record<string, Value>): Map<string, Identities> {
  const managements = marker['managements'] ?? {};
  const bad = isMap(managements) ? Object.keys(managements).find((name) => !isLabel(name)) : '';
  if (!isMap(managements) || bad !== undefined) {
    const why = bad
      ? `${JSON.stringify(bad.slice(0, 80))} is not a DNS-1123 label`
      : 'it is a mapping of names';
    throw new InvalidStateError(`${MARKER_FILE}: managements: ${why}`, {
      suggestions: [`Look at who changed ${MARKER_FILE}, and put it back`],
      data: { path: MARKER_FILE },
    });
  }
  return new Map(Object.entries(managements).map(([name, entry]) => [name, recordedIdentities(entry)]));
}

/**
 * The identities in an entry of `managements`, the strongest first: `identity`, then the list `other_identities`, which
 * old entries do not have.
 */
export function recordedIdentities(entry: Value | undefined): Identities {
  const { identity, other_identities: others } = isMap(entry) ? entry : {};
  const texts = [identity, ...(Array.isArray(others) ? others : [])].slice(0, MAX_IDENTITIES);
  return sortedIdentities(
    texts.filter((text): text is string => typeof text === 'string' && isIdentityText(text)),
  );
}
