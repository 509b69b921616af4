import { expiresAt } from '../../model/lease/lease.js';
import { listPhases, normalizePhase } from '../../model/state/phase.js';
import { formatStatePath, type StatePath } from '../../model/state/state-path.js';
import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { isMap, type Value } from '../../model/value/value.js';
import type { LockStanding } from '../../store/lease/lock-list.js';
import { clip } from '../../terminal/table.js';
import type { Offer } from './offer.js';

/** Maximum width of a value in a description, in columns. */
const VALUE_COLUMNS = 40;
/** Maximum number of places of a state to visit. */
const MAX_PLACES = 20_000;

/** Offers clusters by the shortest name that identifies them. */
export function clusterOffers(
  subjects: readonly Subject[],
  defaults: { readonly management: string; readonly namespace: string },
  typed: string,
): Offer[] {
  return subjects.flatMap((subject) => {
    if (subject.kind !== 'cluster') return [];
    const { management, namespace, name } = subject;
    const names = [name, `${namespace}/${name}`, `${management}/${namespace}/${name}`];
    const isHome = management === defaults.management;
    const shortest = isHome ? (namespace === defaults.namespace ? 0 : 1) : 2;
    // If the user has typed part of a longer name, that one is completed.
    const value = names.slice(shortest).find((one) => one.startsWith(typed)) ?? formatSubject(subject);
    return { value, description: `cluster in ${management}/${namespace}` };
  });
}

/** Offers subjects of any kind: deployments by their full name, clusters by their short one. */
export function subjectOffers(
  subjects: readonly Subject[],
  defaults: { readonly management: string; readonly namespace: string },
  typed: string,
): Offer[] {
  const deployments = subjects
    .filter(({ kind }) => kind === 'deployment')
    .map((subject) => ({ value: formatSubject(subject), description: 'deployment' }));
  return [...deployments, ...clusterOffers(subjects, defaults, typed)];
}

/** Offers the phases of a deployment with their status. */
export function phaseOffers(state: Value | null, sequence: readonly string[]): Offer[] {
  return listPhases(state, sequence.map(normalizePhase)).map(({ name, status }) => ({
    value: name,
    description: status,
  }));
}

/** Offers locks with their holders. */
export function lockOffers(standings: readonly LockStanding[], now: number): Offer[] {
  return standings.map(({ record }) => ({
    value: record.name,
    description: `${expiresAt(record) > now ? 'held' : 'expired'}: ${record.holder.name}@${record.holder.host}`,
  }));
}

interface Place {
  readonly offer: Offer;
  readonly depth: number;
  readonly holds: boolean;
}

/** Yields all places of a state, parents before children. */
function* placesOf(at: Value, path: StatePath): Generator<Place> {
  const children = Array.isArray(at) ? [...at.entries()] : isMap(at) ? Object.entries(at) : [];
  for (const [key, value] of children as [string | number, Value][]) {
    const here = [...path, key];
    const holds = typeof value === 'object' && value !== null;
    const count = holds ? Object.keys(value).length : 0;
    const description = holds ? `holds ${count}` : clip(JSON.stringify(value), VALUE_COLUMNS);
    yield { offer: { value: formatStatePath(here), description }, depth: here.length, holds };
    yield* placesOf(value, here);
  }
}

/** Finds the least deep places that complete the typed text, and those one level below. */
function nextLevel(state: Value | null, typed: string): { level: readonly Place[]; below: readonly Place[] } {
  const found: Place[] = [];
  let seen = 0;
  for (const place of placesOf(state ?? {}, [])) {
    if (++seen > MAX_PLACES) break;
    if (place.offer.value.startsWith(typed)) found.push(place);
  }
  const depth = found.reduce((least, place) => Math.min(least, place.depth), Number.POSITIVE_INFINITY);
  return {
    level: found.filter((place) => place.depth === depth),
    below: found.filter((place) => place.depth === depth + 1),
  };
}

/** Offers the paths of a state level by level, like file names; children appear once only one place matches. */
export function pathOffers(state: Value | null, typed: string): Offer[] {
  const { level, below } = nextLevel(state, typed);
  return [...level, ...(level.length === 1 ? below : [])].map(({ offer }) => offer);
}

/** Offers the paths of `PATH=VALUE`, level by level. */
export function assignmentOffers(state: Value | null, typed: string): Offer[] {
  return nextLevel(state, typed).level.map(({ offer, holds }) => ({
    ...offer,
    value: `${offer.value}${holds ? '.' : '='}`,
  }));
}
