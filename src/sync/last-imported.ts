import { formatSubject } from '../model/subject.js';
import type { ValueMap } from '../model/value.js';
import { type ImportedFileRecord, textHash } from '../store/imported-files.js';
import { parseLegacyDocument } from './legacy-document.js';
import { isStateFamily } from './legacy-family.js';
import { splitState } from './parse-state.js';
import type { ParsedFile } from './parsed-file.js';
import type { SecretGuard } from './withhold.js';

/** What this clone last took from the state files of an import, by their place. */
export async function lastImported(
  files: readonly ParsedFile[],
  last: (place: string) => Promise<ImportedFileRecord | null>,
  guard: SecretGuard,
): Promise<Map<string, ValueMap>> {
  const values = new Map<string, ValueMap>();
  for (const { state, subject, family, file } of files) {
    if (!state || !subject || file.place === null || file.text === null) continue;
    const record = await last(file.place);
    if (record?.subject !== formatSubject(subject) || record.family !== family) continue;
    if (record.sha256 === textHash(file.text)) values.set(file.place, state.values);
    else if (family !== 'unknown' && isStateFamily(family)) {
      const { events: _events, ...keys } = parseLegacyDocument(record.text, file.path, family).data;
      values.set(file.place, splitState(family, keys, guard).values);
    }
  }
  return values;
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
