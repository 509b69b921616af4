import { basename, dirname } from 'node:path';
import { isMap, type Value } from '../../model/value/value.js';
import { entriesOf } from '../read/legacy-document.js';
import { ARCHIVES_FOLDER } from '../read/legacy-family.js';
import type { FolderDocument } from '../read/legacy-folder.js';
import { legacyName } from '../read/legacy-subject.js';

/** The deployments named in the rows of a history. */
export function namesInHistory(rows: readonly Value[]): ReadonlySet<string> {
  const names = rows.map((row) => (isMap(row) ? legacyName(row['cluster_id'] as Value) : null));
  return new Set(names.filter((name) => name !== null));
}

/** The deployments named in the history of each checkout. After a full reset, nothing else names one. */
export function namesInHistories(
  documents: readonly FolderDocument[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const histories = documents.filter(({ family }) => family === 'deployment-history');
  return new Map(
    histories.map(({ file: { folder }, data, family }) => [
      basename(folder) === ARCHIVES_FOLDER ? dirname(folder) : folder,
      namesInHistory(entriesOf(data, family)),
    ]),
  );
}
