import { basename } from 'node:path';
import { KgitError } from '../../errors.js';
import { importError } from './import-error.js';
import { parseLegacyDocument } from './legacy-document.js';
import { recogniseName } from './legacy-family.js';
import type { FolderDocument } from './legacy-folder.js';
import { emptyRow, type ParsedFile } from './parsed-file.js';
import type { LegacyFile } from './read-legacy-files.js';

/** Recognises and parses a file; returns its row, with the reason, if that is not possible. */
export function readDocument(file: LegacyFile): FolderDocument | ParsedFile {
  const recognised = recogniseName(basename(file.path), basename(file.folder));
  const family = recognised.kind === 'family' ? recognised.family : 'unknown';
  const row = emptyRow(file, family);
  if (file.problem !== null) return { ...row, error: { code: 'INVALID_STATE', ...file.problem } };
  if (recognised.kind !== 'family' || family === 'unknown' || file.text === null) {
    const why = recognised.kind === 'unsupported' ? recognised.why : 'is not imported';
    return { ...row, warnings: [why] };
  }
  try {
    const { data, remarks, lineOf } = parseLegacyDocument(file.text, file.path, family);
    return { file, family, archive: recognised.archive, data, remarks, lineOf };
  } catch (error) {
    if (!(error instanceof KgitError)) throw error;
    return { ...row, error: importError(error) };
  }
}
