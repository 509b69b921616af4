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
}

function snapshotOf(item: Value): FileSnapshot[] {
  if (!isMap(item)) return [];
  const { family, values } = item;
  return typeof family === 'string' && isMap(values) ? [{ family, values: values as ValueMap }] : [];
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

/**
 * What the state files of a deployment said at the newest import of any of them, family by family: the event of each
 * import carries on what those before it said. Empty where nothing was imported. Throws InvalidStateError.
 */
export async function importedSnapshot(view: StateView, id: string): Promise<readonly FileSnapshot[]> {
  if ((await view.read(statePath(id))) === null) return [];
  const files = (await newest(view, id))?.read().source?.['files'];
  return Array.isArray(files) ? (files as Value[]).flatMap(snapshotOf) : [];
}
