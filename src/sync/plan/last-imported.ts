import { formatSubject } from '../../model/subject/subject.js';
import type { ValueMap } from '../../model/value/value.js';
import { type ImportedFileRecord, textHash } from '../../store/local/imported-files.js';
import { splitState } from '../parse/parse-state.js';
import type { SecretGuard } from '../parse/withhold.js';
import { parseLegacyDocument } from '../read/legacy-document.js';
import { isStateFamily } from '../read/legacy-family.js';
import type { ParsedFile } from '../read/parsed-file.js';
import { withEdits } from './file-edits.js';

/** What this clone knows of a state file since it took it last. */
export interface LocalFile {
  /** What it held, by its own keys and without what was withheld. */
  readonly values: ValueMap;
  /** Whether kgit itself has written into it since: nobody else's import then tells what it held. */
  readonly isWritten: boolean;
}

/** What this clone last took from the state files of an import, by their place. */
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

/** What of an import is to be noted, so that the next one knows what has changed. */
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
