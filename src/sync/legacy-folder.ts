import { parseRfc3339 } from '../model/rfc3339.js';
import type { Value } from '../model/value.js';
import type { LegacyDocument } from './legacy-document.js';
import type { Family } from './legacy-family.js';
import { legacyName } from './legacy-subject.js';

export interface FolderDocument {
  readonly family: Family;
  readonly data: LegacyDocument;
}

/** What the files of one folder say about each other. */
export interface LegacyFolder {
  /** Names of the deployments that its files name. */
  readonly names: ReadonlySet<string>;
  /** When the newest of them began, in ms since the epoch; null where no file says it. */
  readonly created: number | null;
}

function timeOf(value: Value | undefined): number | null {
  return typeof value === 'string' ? parseRfc3339(value) : null;
}

export function legacyFolder(documents: readonly FolderDocument[]): LegacyFolder {
  const own = documents.filter(({ family }) => family.startsWith('deployment-'));
  const names = own.map(({ data }) => legacyName(data['deployment_id'])).filter((name) => name !== null);
  const times = own.map(({ data }) => timeOf(data['created_at'])).filter((time) => time !== null);
  return { names: new Set(names), created: times.length > 0 ? Math.max(...times) : null };
}

/** A warning where a file that names no deployment was last written before the one beside it began. */
export function staleness({ family, data }: FolderDocument, { created }: LegacyFolder): string[] {
  const updated = timeOf(data['last_updated']);
  if (!/^(azure|kof)-/.test(family) || updated === null || created === null || updated >= created) return [];
  // A full reset leaves these files behind.
  return ['is older than the deployment beside it: if it belongs to another one, import it on its own'];
}
