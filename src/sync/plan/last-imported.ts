import { formatSubject } from '../../model/subject/subject.js';
import type { ValueMap } from '../../model/value/value.js';
import { type ImportedFileRecord, textHash } from '../../store/local/imported-files.js';
import { splitState } from '../parse/parse-state.js';
import type { SecretGuard } from '../parse/withhold.js';
import { parseLegacyDocument } from '../read/legacy-document.js';
import { isStateFamily } from '../read/legacy-family.js';
import type { ParsedFile } from '../read/parsed-file.js';
import { withEdits } from './file-edits.js';

/** What this clone knows about a state file since it last imported it. */
export interface LocalFile {
  /** Its content, by its own keys and without withheld values. */
  readonly values: ValueMap;
  /** Whether kgit itself has written to it since; then other people's imports do not describe its content. */
  readonly isWritten: boolean;
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
    const { edits = [] } = record;
    if (record.sha256 === textHash(file.text) && edits.length === 0)
      local.set(file.place, { values: state.values, isWritten: false });
    else if (family !== 'unknown' && isStateFamily(family)) {
      const { events: _events, ...keys } = parseLegacyDocument(record.text, file.path, family).data;
      const { values } = splitState(family, withEdits(keys as ValueMap, edits), guard);
      local.set(file.place, { values, isWritten: edits.length > 0 });
    }
  }
  return local;
}

/** The record of an imported file, with which the next import detects changes. */
export function recordOf({ file, subject, family, error }: ParsedFile): ImportedFileRecord | null {
  if (error !== null || file.place === null || file.text === null) return null;
  return {
    path: file.place,
    subject: subject && formatSubject(subject),
    family,
    sha256: textHash(file.text),
    mtimeMs: file.mtimeMs,
    text: file.text,
  };
}
