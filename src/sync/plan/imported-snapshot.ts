import { statePath } from '../../model/subject/layout.js';
import { deployment } from '../../model/subject/subject.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import type { StateView } from '../../store/port/state-store.js';
import { newestOf } from '../../store/read/stored-events.js';
import { IMPORT_ACTION } from './import-operation.js';
import { importStands } from './import-stands.js';

/** The content of a state file when it was last imported, by anybody. */
export interface FileSnapshot {
  readonly family: string;
  /** By the file's own keys, in order, without withheld values. */
  readonly values: ValueMap;
  /** Its place within a checkout; absent for the usual place. */
  readonly place?: string;
  /** Places of withheld values, by the file's own keys. */
  readonly withheld?: readonly string[];
}

/** The valid items of `source.files`. */
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

/** What the imports of a deployment's state recorded. */
export interface ImportedState {
  /**
   * The state files according to the newest valid import, one per family: each import carries over the files of earlier
   * ones.
   */
  readonly files: readonly FileSnapshot[];
  /** The state paths withheld by the newest import and earlier ones, as formatted for messages. */
  readonly withheld: readonly string[];
}

const NEVER: ImportedState = { files: [], withheld: [] };

/** Reads what anybody's imports of a deployment's state recorded; empty if there were none. Throws InvalidStateError. */
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
