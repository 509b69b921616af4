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
 * Tells of which archived files the state is the one to import: the newest of its family and deployment, where no
 * file outside of an archive holds that deployment's state. The others are copies of earlier times.
 * @param unreadable the deployments of which such a file cannot be read just now; null for one that nothing names
 */
export function chooseArchives(
  documents: readonly FolderDocument[],
  namesOf: NamesOf,
  unreadable: readonly (string | null)[],
): (document: FolderDocument) => boolean {
  const live = new Set<string | null>(unreadable);
  // Until it can be read, it may be of any deployment.
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
