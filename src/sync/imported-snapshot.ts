import { statePath } from '../model/layout.js';
import { deployment } from '../model/subject.js';
import { isMap, type Value, type ValueMap } from '../model/value.js';
import type { StateView } from '../store/state-store.js';
import { monthsOf, readMonth, type StoredEvent } from '../store/stored-events.js';
import { IMPORT_ACTION } from './import-operation.js';

/** What a state file said when it was last imported, by anybody. */
export interface FileSnapshot {
  readonly family: string;
  /** By the file's own keys, in their order, without what was withheld. */
  readonly values: ValueMap;
  /** Where in a checkout it lay; missing in its usual place. */
  readonly place?: string;
  /** Where in it values were withheld, by its own keys. */
  readonly withheld?: readonly string[];
}

/** The items of `source.files` that can be read. */
export function snapshotsIn(source: unknown): FileSnapshot[] {
  const files = isMap(source) ? source['files'] : null;
  return Array.isArray(files) ? (files as Value[]).flatMap(snapshotOf) : [];
}

function snapshotOf(item: Value): FileSnapshot[] {
  if (!isMap(item)) return [];
  const { family, values, place, withheld } = item;
  if (typeof family !== 'string' || !isMap(values)) return [];
  const texts = Array.isArray(withheld) ? withheld.filter((path) => typeof path === 'string') : [];
  return [
    {
      family,
      ...(typeof place === 'string' ? { place } : {}),
      ...(texts.length > 0 ? { withheld: texts } : {}),
      values: values as ValueMap,
    },
  ];
}

async function newest(view: StateView, id: string): Promise<StoredEvent | null> {
  const subject = deployment(id);
  for (const month of (await monthsOf(view, subject)).reverse()) {
    const own = month.names.filter((name) => name.endsWith(`-${IMPORT_ACTION}.yaml`));
    if (!month.isSealed && own.length === 0) continue;
    const events = await readMonth(view, subject, { ...month, names: own.slice(-1) });
    const last = events.findLast(({ head }) => head.action === IMPORT_ACTION);
    if (last) return last;
  }
  return null;
}

/** What is known of the newest import of a deployment's state. */
export interface ImportedState {
  /** The state files family by family: each import carries on what those before it said. */
  readonly files: readonly FileSnapshot[];
  /** The state paths of what was withheld, as messages show them. */
  readonly withheld: readonly string[];
}

/** The newest import of a deployment's state by anybody; empty where there was none. Throws InvalidStateError. */
export async function importedSnapshot(view: StateView, id: string): Promise<ImportedState> {
  const source = (await view.read(statePath(id))) === null ? null : (await newest(view, id))?.read().source;
  const { withheld } = source ?? {};
  return {
    files: snapshotsIn(source),
    withheld: Array.isArray(withheld) ? withheld.filter((path) => typeof path === 'string') : [],
  };
}
