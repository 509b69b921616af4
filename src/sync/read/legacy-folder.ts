import { basename, dirname } from 'node:path';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import type { Value } from '../../model/value/value.js';
import { entriesOf, type LegacyMap } from './legacy-document.js';
import { ARCHIVES_FOLDER, type Archive, type Family, isArchiveFolder, isPreState } from './legacy-family.js';
import { clusterName, legacyName } from './legacy-subject.js';
import type { LegacyFile } from './read-legacy-files.js';

/** A legacy file that could be read. */
export interface FolderDocument {
  readonly file: LegacyFile;
  readonly family: Family;
  readonly archive: Archive | null;
  readonly data: LegacyMap;
  /** Remarks for the user on how it was read. */
  readonly remarks: readonly string[];
  readonly lineOf: (index: number) => number | undefined;
}

/** What related files say about each other. */
export interface LegacyFolder {
  /** Names of the deployments in its files. */
  readonly names: ReadonlySet<string>;
  /** When the newest of them began, in ms since the epoch; null if no file says so. */
  readonly created: number | null;
  /** Namespaces of clusters, by name, from their state files. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** The families of its files that are not empty. */
  readonly families: ReadonlySet<Family>;
  /** The events of its deployment. */
  readonly entries: readonly Value[];
}

/** The folders of a checkout to which the scripts write. */
const WITHIN = ['state', 'azure-resources', 'wireguard', 'wg-keys', 'laptop-wg-config'];

/** The checkout that contains a file. */
export function checkoutOf({ folder }: LegacyFile): string {
  return WITHIN.includes(basename(folder)) ? dirname(folder) : folder;
}

/**
 * The place of a file within its checkout; null for the place that the scripts use now.
 * @param roots the folders that are roots of checkouts: the first scripts kept their files there
 */
export function placeInCheckout(
  { file, archive }: FolderDocument,
  roots: ReadonlySet<string>,
): string | null {
  const name = basename(file.path);
  if (archive === null) return roots.has(file.folder) ? name : null;
  return [ARCHIVES_FOLDER, ...(isArchiveFolder(archive.name) ? [archive.name] : []), name].join('/');
}

/** Identifies a group of related files: those of one archive, of a checkout's early days, or of one folder. */
export function groupOf({ file, family, archive }: FolderDocument): string {
  if (archive) return `${file.folder}/${archive.name}`;
  return isPreState(family) ? checkoutOf(file) : file.folder;
}

function timeOf(value: Value | undefined): number | null {
  return typeof value === 'string' ? parseRfc3339(value) : null;
}

export function legacyFolder(documents: readonly FolderDocument[]): LegacyFolder {
  const own = documents.filter(({ family }) => family.startsWith('deployment-'));
  const names = own.map(({ data }) => legacyName(data['deployment_id'])).filter((name) => name !== null);
  const times = own.map(({ data }) => timeOf(data['created_at'])).filter((time) => time !== null);
  const namespaces = documents.flatMap(({ family, data, file }) => {
    const namespace = legacyName(data['kubernetes_namespace']);
    if (family !== 'cluster-state' || namespace === null) return [];
    return [[clusterName({ data, fileName: basename(file.path) }), namespace] as const];
  });
  return {
    names: new Set(names),
    created: times.length > 0 ? Math.max(...times) : null,
    namespaces: new Map(namespaces),
    families: new Set(
      documents.flatMap(({ family, data }) => (Object.keys(data).length > 0 ? [family] : [])),
    ),
    entries: own.flatMap(({ data, family }) =>
      family === 'deployment-history' ? [] : entriesOf(data, family),
    ),
  };
}

/** A warning if a file that names no deployment was last written before the deployment in the same folder began. */
export function staleness({ family, data }: FolderDocument, { created }: LegacyFolder): string[] {
  const updated = timeOf(data['last_updated']);
  if (!/^(azure|kof)-/.test(family) || updated === null || created === null || updated >= created) return [];
  // A full reset leaves these files behind.
  return ['is older than the deployment beside it: if it belongs to another one, import it on its own'];
}
