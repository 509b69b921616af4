import { statePath } from '../../model/subject/layout.js';
import { deployment } from '../../model/subject/subject.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import type { StateView } from '../../store/port/state-store.js';
import { newestOf } from '../../store/read/stored-events.js';
import { IMPORT_ACTION } from './import-operation.js';
import { importStands } from './import-stands.js';

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

function textsIn(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

function snapshotOf(item: Value): FileSnapshot[] {
  if (!isMap(item)) return [];
  const { family, values, place, withheld } = item;
  if (typeof family !== 'string' || !isMap(values)) return [];
  const texts = textsIn(withheld);
  return [
    {
      family,
      ...(typeof place === 'string' ? { place } : {}),
      ...(texts.length > 0 ? { withheld: texts } : {}),
      values: values as ValueMap,
    },
  ];
}

/** What is known of the imports of a deployment's state. */
export interface ImportedState {
  /** What the newest that stands has of the state files, family by family: each carries on what those before it said. */
  readonly files: readonly FileSnapshot[];
  /** The state paths of what was withheld by the newest and those before it, as messages show them. */
  readonly withheld: readonly string[];
}

const NEVER: ImportedState = { files: [], withheld: [] };

/** What is known of the imports of a deployment's state by anybody; empty where there was none. Throws InvalidStateError. */
export async function importedSnapshot(view: StateView, id: string): Promise<ImportedState> {
  if ((await view.read(statePath(id))) === null) return NEVER;
  const subject = deployment(id);
  const stands = importStands(view);
  let withheld: readonly string[] | null = null;
  for await (const event of newestOf(view, subject, IMPORT_ACTION)) {
    const { source } = event.read();
    withheld ??= textsIn(source?.['withheld']);
    if (await stands(subject, event.head.id)) return { files: snapshotsIn(source), withheld };
  }
  return { ...NEVER, ...(withheld ? { withheld } : {}) };
}
