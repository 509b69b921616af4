import { mutable, setAt } from '../../model/state/edit.js';
import { lookUp } from '../../model/state/state-path.js';
import { formatSubject } from '../../model/subject/subject.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import { type FileEdit, type ImportedFileRecord, textHash } from '../../store/local/imported-files.js';
import { splitState } from '../parse/parse-state.js';
import type { SecretGuard } from '../parse/withhold.js';
import { parseLegacyDocument } from '../read/legacy-document.js';
import { type Family, isFamily, isStateFamily } from '../read/legacy-family.js';
import type { ParsedFile } from '../read/parsed-file.js';
import { withEdits } from './file-edits.js';

/** What this clone knows about a state file since it last imported it. */
export interface LocalFile {
  /** Its content, by its own keys and without withheld values. */
  readonly values: ValueMap;
  /** Whether the file is as it was then. */
  readonly isUnchanged: boolean;
  /** What kgit itself has written to it since; with any, other people's imports do not describe its content. */
  readonly edits: readonly FileEdit[];
  /** The team's encrypted files that held its secrets as it had them, by `fileValueKey`. */
  readonly sealed: Readonly<Record<string, string>>;
}

/** What this clone last imported from the state files of an import, by place. */
export async function lastImported(
  files: readonly ParsedFile[],
  last: (place: string) => Promise<ImportedFileRecord | null>,
  guard: SecretGuard,
): Promise<Map<string, LocalFile>> {
  const local = new Map<string, LocalFile>();
  for (const { state, subject, family, file } of files) {
    if (!state || !subject || file.place === null || file.text === null) continue;
    const record = await last(file.place);
    if (record?.subject !== formatSubject(subject) || record.family !== family) continue;
    const { edits = [], sealed = {} } = record;
    const isUnchanged = record.sha256 === textHash(file.text) && edits.length === 0;
    const values = isUnchanged ? state.values : valuesThen(record, guard);
    if (values !== null) local.set(file.place, { values, isUnchanged, edits, sealed });
  }
  return local;
}

/** What a record says of a state file, with what kgit has written since; null for a file of another kind. */
function valuesThen(record: ImportedFileRecord, guard: SecretGuard): ValueMap | null {
  const { family, path, text, edits = [] } = record;
  if (!isFamily(family) || !isStateFamily(family)) return null;
  const values = record.values ?? (text === undefined ? null : keysIn(text, path, family));
  return values && splitState(family, withEdits(values, edits), guard).values;
}

/** The keys of a state file, without those of its log. */
function keysIn(text: string, path: string, family: Family): ValueMap {
  const { events: _events, ...keys } = parseLegacyDocument(text, path, family).data;
  return keys as ValueMap;
}

/** The record of an imported file, with which the next import detects changes. */
export function recordOf(
  { file, subject, family, state, error }: ParsedFile,
  sealed: Readonly<Record<string, string>>,
): ImportedFileRecord | null {
  if (error !== null || file.place === null || file.text === null) return null;
  return {
    path: file.place,
    subject: subject && formatSubject(subject),
    family,
    sha256: textHash(file.text),
    mtimeMs: file.mtimeMs,
    ...(state === null ? {} : { values: state.values }),
    ...(Object.keys(sealed).length === 0 ? {} : { sealed }),
  };
}

/** An edit of a file of this family without its secrets: a value that is one counts as taken out. */
export function editWithoutSecrets(family: string, edit: FileEdit, guard: SecretGuard): FileEdit {
  const { path, value } = edit;
  if (value === undefined || !isFamily(family) || !isStateFamily(family)) return edit;
  const whole: Record<string, unknown> = {};
  if (path.length === 0)
    return isMap(value) ? { path, value: splitState(family, value, guard).values } : edit;
  setAt(whole, path, mutable(value));
  const kept = lookUp(splitState(family, whole as ValueMap, guard).values, path);
  return kept.found ? { path, value: kept.value as Value } : { path };
}
