import { UsageError } from '../../errors.js';
import type { KgitEvent } from '../../model/event/event.js';
import { MASK } from '../../model/secret/mask-secrets.js';
import { mutable, setAt } from '../../model/state/edit.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../../model/state/state-path.js';
import { isMap, sameValue, setOwn, type Value, type ValueMap } from '../../model/value/value.js';
import { fileValueKey, isStateKey, orderKey } from '../../store/local/withheld-values.js';
import { deploymentKeyOfPath, statePathOfKey } from '../parse/state-mapping.js';
import { type FileSnapshot, snapshotsIn } from '../plan/imported-snapshot.js';
import { ARCHIVES_FOLDER, type StateFamily } from '../read/legacy-family.js';
import { isName } from './exported-entry.js';

const ROOTS = ['deployment', 'kof', 'azure', 'aws'];
const FILES = ['deployment-state', 'azure-state', 'kof-state'] as const;
type FileFamily = (typeof FILES)[number];

/** Which files a deployment's state came from, according to its events. */
interface Origins {
  readonly files: ReadonlyMap<FileFamily, FileSnapshot>;
  /** By state path: values that the state has instead of a file's. */
  readonly derived: ReadonlyMap<string, Value>;
  /** By family and state path: values that another file's value replaced. */
  readonly displaced: ReadonlyMap<string, Value>;
}

const list = (value: unknown) => (Array.isArray(value) ? value.filter(isMap) : []) as readonly ValueMap[];

function originsOf(events: readonly KgitEvent[]): Origins {
  const files = new Map<FileFamily, FileSnapshot>();
  let derived = new Map<string, Value>();
  let displaced = new Map<string, Value>();
  for (const { source } of events) {
    if (!isMap(source) || !Array.isArray(source['files'])) continue;
    for (const file of snapshotsIn(source))
      if (FILES.includes(file.family as FileFamily)) files.set(file.family as FileFamily, file);
    if (!Array.isArray(source['imported_from'])) continue;
    const said = list(source['displaced']);
    derived = new Map(list(source['derived']).map(({ path, value }) => [String(path), value as Value]));
    displaced = new Map(
      said.map((claim) => [`${claim['family']} ${claim['path']}`, claim['value'] as Value]),
    );
  }
  return { files, derived, displaced };
}

const topOf = (path: StatePath) => formatStatePath(path.slice(0, 2));

/** Restores the file's own values where the state has others instead, unless these have changed since. */
function restored(family: FileFamily, key: string, value: Value, origins: Origins): Value {
  const path = statePathOfKey(family, key);
  const displaced = origins.displaced.get(`${family} ${formatStatePath(path)}`);
  if (displaced !== undefined) return displaced;
  const holder: Record<string, unknown> = { value: mutable(value) };
  for (const [place, said] of origins.derived) {
    const parts = parseStatePath(place);
    if (!parts.slice(0, path.length).every((part, i) => part === path[i])) continue;
    const inner = parts.slice(path.length);
    const old = lookUp(origins.files.get(family)?.values[key], inner);
    const now = lookUp(holder['value'], inner);
    if (old.found && now.found && sameValue(now.value, said)) setAt(holder, ['value', ...inner], old.value);
  }
  return holder['value'] as Value;
}

type Owner = readonly [family: FileFamily, key: string];

/** For each state path that comes from a file: the file and the key in it. */
function ownersOf(origins: Origins): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const family of ['deployment-state', 'kof-state', 'azure-state'] as const) {
    const origin: Partial<FileSnapshot> = origins.files.get(family) ?? {};
    const secret = secretPlaces(origin).map(([key]) => String(key));
    for (const key of [...Object.keys(origin.values ?? {}), ...secret])
      owners.set(topOf(statePathOfKey(family as StateFamily, key)), [family, key]);
  }
  return owners;
}

/** The file and key that a state path belongs to. */
function ownerOf(path: StatePath, owners: ReadonlyMap<string, Owner>): Owner {
  return owners.get(topOf(path)) ?? ['deployment-state', deploymentKeyOfPath(path.slice(0, 2))];
}

/** The values of a state, with the file and key that each belongs to. */
function* ownedValues(state: Readonly<Record<string, unknown>>, owners: ReadonlyMap<string, Owner>) {
  for (const root of ROOTS)
    for (const [key, value] of Object.entries(isMap(state[root]) ? state[root] : {})) {
      const [family, name] = ownerOf([root, key], owners);
      yield [family, name, value as Value] as const;
    }
}

/** The part of a deployment's current state that belongs to deployment-state.yaml, under its keys there. */
export function deploymentValues(
  state: Readonly<Record<string, Value>>,
  events: readonly KgitEvent[],
): ValueMap {
  const own = [...ownedValues(state, ownersOf(originsOf(events)))].filter(
    ([family]) => family === 'deployment-state',
  );
  return Object.fromEntries(own.map(([, key, value]) => [key, value]));
}

/** A state file of a deployment. */
export interface ExportedState {
  readonly data: ValueMap;
  /** Its place in the checkout when it was imported; null for the usual place. */
  readonly place: string | null;
  /** Its `last_updated` when it was imported; null if it was not imported. */
  readonly importedAt: Value | null;
  /** Places of withheld values that this machine does not have. */
  readonly missing: readonly string[];
}

/** The place that an event gives for a file; null unless the scripts use that place, to exclude path traversal. */
function placeOf(family: FileFamily, { place }: Partial<FileSnapshot>): string | null {
  const [folder, ...names] = place?.split('/') ?? [];
  if (folder === `${family}.yaml` && names.length === 0) return folder;
  const isOld = folder === ARCHIVES_FOLDER && [1, 2].includes(names.length) && names.every(isName);
  return isOld && place !== undefined ? place : null;
}

/** The places of a file's secrets that can be parsed. In the place of a secret key, the key is masked. */
function secretPlaces({ withheld = [] }: Partial<FileSnapshot>): StatePath[] {
  return withheld.flatMap((place) => {
    try {
      return place.includes(MASK) ? [] : [parseStatePath(place)];
    } catch (error) {
      if (error instanceof UsageError) return [];
      throw error;
    }
  });
}

/** Puts withheld values back into a file; returns the places whose values this machine does not have. */
function putSecrets(
  family: FileFamily,
  file: Record<string, unknown>,
  places: readonly StatePath[],
  secrets: ReadonlyMap<string, Value>,
): string[] {
  const missing = places.filter((own) => {
    const [key, ...inner] = own;
    const path = [...statePathOfKey(family, String(key)), ...inner];
    const value = secrets.get(fileValueKey(family, own)) ?? secrets.get(formatStatePath(path));
    if (!lookUp(file, own.slice(0, -1)).found) return false;
    if (value !== undefined) setAt(file, own, mutable(value));
    return value === undefined && !lookUp(file, own).found;
  });
  return missing.map(formatStatePath);
}

/** The places in a file of the state's secrets that the user has no key for. */
function lockedPlaces(
  family: FileFamily,
  locked: readonly string[],
  owners: ReadonlyMap<string, Owner>,
): string[] {
  return locked.filter(isStateKey).flatMap((name) => {
    const path = parseStatePath(name);
    if (path.length < 2 || !ROOTS.includes(String(path[0]))) return [];
    const [owner, key] = ownerOf(path, owners);
    return owner === family ? [formatStatePath([key, ...path.slice(2)])] : [];
  });
}

/** The top-level paths that events have changed, earliest first: the scripts append new keys to a file. */
function changedPaths(events: readonly KgitEvent[]): string[] {
  // An entry of a log has a time in whole seconds; its operation has the exact time.
  const made = ({ id, source }: KgitEvent) => String((isMap(source) ? source['operation'] : null) ?? id);
  const ordered = [...events].sort((a, b) => (made(a) < made(b) ? -1 : 1));
  const paths = ordered.flatMap(({ changes = [] }) =>
    changes.flatMap(({ path, after }) => topsOf(path, after as Value | undefined)),
  );
  return [...new Set(paths)];
}

function topsOf(path: string, after: Value | undefined): string[] {
  try {
    const parts = parseStatePath(path);
    // The first value of `kof`, for example, came with the whole mapping.
    if (parts.length > 1 || !isMap(after)) return [topOf(parts)];
    return Object.keys(after).map((key) => topOf([...parts, key]));
  } catch (error) {
    // A path that cannot be parsed has no place.
    if (error instanceof UsageError) return [];
    throw error;
  }
}

/** Restores the order of a file from which values were withheld; newer keys go to the end. */
function inOrderOf(
  family: FileFamily,
  value: unknown,
  secrets: ReadonlyMap<string, Value>,
  path: StatePath = [],
): unknown {
  if (!isMap(value)) return value;
  const order = secrets.get(orderKey(family, path));
  const known = Array.isArray(order) ? order.map(String).filter((key) => Object.hasOwn(value, key)) : [];
  const ordered: Record<string, unknown> = {};
  for (const key of new Set([...known, ...Object.keys(value)]))
    setOwn(ordered, key, inOrderOf(family, value[key], secrets, [...path, key]));
  return ordered;
}

/**
 * The state files of a deployment as the scripts write them, by family: current values under the files' own keys, in
 * their order, with the secrets that this machine has.
 * @param secrets withheld values of the deployment, by state path
 * @param locked names of secrets that are there, and whose values are not
 */
export function exportedState(
  state: Readonly<Record<string, Value>>,
  events: readonly KgitEvent[],
  secrets: ReadonlyMap<string, Value>,
  locked: readonly string[],
): ReadonlyMap<FileFamily, ExportedState> {
  const origins = originsOf(events);
  const owners = ownersOf(origins);
  const tree = mutable(state) as Record<string, unknown>;
  for (const [path, value] of secrets) if (isStateKey(path)) setAt(tree, parseStatePath(path), value);
  const files = new Map<FileFamily, Record<string, unknown>>();
  const put = (family: FileFamily, key: string, value: Value) => {
    const file = files.get(family) ?? {};
    files.set(family, file);
    if (!Object.hasOwn(file, key)) setOwn(file, key, restored(family, key, value, origins));
  };
  // First the order of the files' own keys, then that of the state.
  for (const [family, { values }] of origins.files)
    for (const key of Object.keys(values)) {
      const path = statePathOfKey(family, key);
      const { found, value } = lookUp(tree, path);
      if (found || origins.displaced.has(`${family} ${formatStatePath(path)}`))
        put(family, key, value as Value);
    }
  const owned = [...ownedValues(tree, owners)];
  const ranks = new Map(changedPaths(events).map((path, i) => [path, i]));
  const rank = ([family, name]: (typeof owned)[number]) =>
    ranks.get(topOf(statePathOfKey(family, name))) ?? ranks.size;
  for (const [family, name, value] of owned.sort((a, b) => rank(a) - rank(b))) put(family, name, value);
  return new Map(
    [...files].map(([family, data]) => {
      const origin: Partial<FileSnapshot> = origins.files.get(family) ?? {};
      const { values = {} } = origin;
      const place = placeOf(family, origin);
      const missing = [
        ...putSecrets(family, data, secretPlaces(origin), secrets),
        ...lockedPlaces(family, locked, owners),
      ];
      const importedAt = values['last_updated'] ?? null;
      const ordered = inOrderOf(family, data, secrets);
      return [family, { data: ordered as ValueMap, place, importedAt, missing: [...new Set(missing)] }];
    }),
  );
}
