import { parseRfc3339 } from '../../model/value/rfc3339.js';
import type { FolderDocument } from './legacy-folder.js';
import { legacyName } from './legacy-subject.js';

type NamesOf = (document: FolderDocument) => ReadonlySet<string> | undefined;

function nameOf(document: FolderDocument, namesOf: NamesOf): string | null {
  const beside = namesOf(document);
  const own = legacyName(document.data['deployment_id']) ?? document.archive?.id ?? null;
  return own ?? (beside?.size === 1 ? ([...beside][0] as string) : null);
}

function ageOf({ data }: FolderDocument): number {
  const updated = data['last_updated'];
  return typeof updated === 'string' ? (parseRfc3339(updated) ?? -1) : -1;
}

/**
 * Returns a function that tells whether the state in an archived file is the one to import: the newest of its family and deployment,
 * if no file outside an archive has that deployment's state. The others are older copies.
 * @param unreadable the deployments whose file outside an archive is currently unreadable; null for one without a name
 */
export function chooseArchives(
  documents: readonly FolderDocument[],
  namesOf: NamesOf,
  unreadable: readonly (string | null)[],
): (document: FolderDocument) => boolean {
  const live = new Set<string | null>(unreadable);
  // Until it is readable, it may belong to any deployment.
  if (live.has(null)) return ({ archive }) => archive === null;
  for (const document of documents)
    if (document.archive === null && document.family === 'deployment-state')
      live.add(nameOf(document, namesOf));
  const newest = new Map<string, FolderDocument>();
  for (const document of documents) {
    const name = nameOf(document, namesOf);
    if (document.archive === null || name === null || live.has(name)) continue;
    const key = `${document.family} ${name}`;
    const other = newest.get(key);
    if (!other || ageOf(document) >= ageOf(other)) newest.set(key, document);
  }
  const chosen = new Set(newest.values());
  return (document) => document.archive === null || chosen.has(document);
}
