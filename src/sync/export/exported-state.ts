import { mutable, setAt } from '../../model/edit.js';
import type { KgitEvent } from '../../model/event.js';
import { formatStatePath, lookUp, parseStatePath, type StatePath } from '../../model/state-path.js';
import { isMap, sameValue, setOwn, type Value, type ValueMap } from '../../model/value.js';
import type { StateFamily } from '../legacy-family.js';
import { deploymentKeyOfPath, statePathOfKey } from '../state-mapping.js';

const ROOTS = ['deployment', 'kof', 'azure', 'aws'];
const FILES = ['deployment-state', 'azure-state', 'kof-state'] as const;
type FileFamily = (typeof FILES)[number];

/** What the events of a deployment say of the files that its state came from. */
interface Origins {
  readonly values: ReadonlyMap<FileFamily, ValueMap>;
  /** What the state says in the place of a file, by state path. */
  readonly derived: ReadonlyMap<string, Value>;
  /** What gave way to another file, by family and state path. */
  readonly displaced: ReadonlyMap<string, Value>;
}

const list = (value: unknown) => (Array.isArray(value) ? value.filter(isMap) : []) as readonly ValueMap[];

function originsOf(events: readonly KgitEvent[]): Origins {
  const values = new Map<FileFamily, ValueMap>();
  let derived = new Map<string, Value>();
  let displaced = new Map<string, Value>();
  for (const { source } of events) {
    if (!isMap(source) || !Array.isArray(source['files'])) continue;
    for (const { family, values: own } of list(source['files']))
      if (FILES.includes(family as FileFamily) && isMap(own))
        values.set(family as FileFamily, own as ValueMap);
    if (!Array.isArray(source['imported_from'])) continue;
    const said = list(source['displaced']);
    derived = new Map(list(source['derived']).map(({ path, value }) => [String(path), value as Value]));
    displaced = new Map(
      said.map((claim) => [`${claim['family']} ${claim['path']}`, claim['value'] as Value]),
    );
  }
  return { values, derived, displaced };
}

const topOf = (path: StatePath) => formatStatePath(path.slice(0, 2));

/** Puts the values of a file back that the state says otherwise, where they have not changed since. */
function restored(family: FileFamily, key: string, value: Value, origins: Origins): Value {
  const path = statePathOfKey(family, key);
  const displaced = origins.displaced.get(`${family} ${formatStatePath(path)}`);
  if (displaced !== undefined) return displaced;
  const holder: Record<string, unknown> = { value: mutable(value) };
  for (const [place, said] of origins.derived) {
    const parts = parseStatePath(place);
    if (!parts.slice(0, path.length).every((part, i) => part === path[i])) continue;
    const inner = parts.slice(path.length);
    const old = lookUp(origins.values.get(family)?.[key], inner);
    const now = lookUp(holder['value'], inner);
    if (old.found && now.found && sameValue(now.value, said)) setAt(holder, ['value', ...inner], old.value);
  }
  return holder['value'] as Value;
}

/**
 * The state files of a deployment as the scripts have them, by family: the values of now under the files' own keys,
 * in their order, with the secrets that this machine has.
 * @param secrets what is withheld of the deployment, by state path
 */
export function exportedState(
  state: Readonly<Record<string, Value>>,
  events: readonly KgitEvent[],
  secrets: ReadonlyMap<string, Value>,
): ReadonlyMap<FileFamily, ValueMap> {
  const origins = originsOf(events);
  const owners = new Map<string, [FileFamily, string]>();
  for (const family of ['deployment-state', 'kof-state', 'azure-state'] as const)
    for (const key of Object.keys(origins.values.get(family) ?? {}))
      owners.set(topOf(statePathOfKey(family as StateFamily, key)), [family, key]);
  const tree = mutable(state) as Record<string, unknown>;
  for (const [path, value] of secrets)
    if (!path.startsWith('event:')) setAt(tree, parseStatePath(path), value);
  const files = new Map<FileFamily, Record<string, unknown>>();
  const put = (family: FileFamily, key: string, value: Value) => {
    const file = files.get(family) ?? {};
    files.set(family, file);
    if (!Object.hasOwn(file, key)) setOwn(file, key, restored(family, key, value, origins));
  };
  // The order of the files' own keys first, then that of the state.
  for (const [family, values] of origins.values)
    for (const key of Object.keys(values)) {
      const path = statePathOfKey(family, key);
      const { found, value } = lookUp(tree, path);
      if (found || origins.displaced.has(`${family} ${formatStatePath(path)}`))
        put(family, key, value as Value);
    }
  for (const root of ROOTS)
    for (const [key, value] of Object.entries(isMap(tree[root]) ? tree[root] : {})) {
      const [family, name] = owners.get(topOf([root, key])) ?? [
        'deployment-state',
        deploymentKeyOfPath([root, key]),
      ];
      put(family, name, value as Value);
    }
  return files as ReadonlyMap<FileFamily, ValueMap>;
}
