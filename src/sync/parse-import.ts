import { basename } from 'node:path/posix';
import { KgitError, SecretError } from '../errors.js';
import type { EventWrite } from '../model/operation.js';
import { legacySlug, type Subject } from '../model/subject.js';
import type { Value } from '../model/value.js';
import { type ImportError, importError, invalidEntriesError } from './import-error.js';
import { importedEvents } from './imported-event.js';
import { entriesOf, hasEmbeddedEvents, type LegacyDocument, parseLegacyDocument } from './legacy-document.js';
import { type Family, isStateFamily, recogniseName, type StateFamily } from './legacy-family.js';
import { type FolderDocument, type LegacyFolder, legacyFolder, staleness } from './legacy-folder.js';
import { type NamedSubject, type SubjectSettings, subjectOf } from './legacy-subject.js';
import type { LegacyFile } from './read-legacy-files.js';
import type { StateClaim, StateClaims } from './state-claims.js';
import { statePathOfKey } from './state-mapping.js';
import { type SecretGuard, withhold } from './withhold.js';

export interface ImportSettings extends SubjectSettings {
  readonly skipInvalid: boolean;
  readonly secrets: SecretGuard;
}

/** A legacy file as what it would write, before anything is known of the repository. */
export interface ParsedFile {
  readonly path: string;
  readonly family: Family | 'unknown';
  readonly subject: Subject | null;
  /** The legacy name of the subject where the rule of names made a slug of it. */
  readonly name: string | null;
  /** Id of the deployment whose operation takes the file; null for clusters that no deployment lies beside. */
  readonly deployment: string | null;
  readonly found: number;
  readonly events: readonly EventWrite[];
  readonly state: StateClaims | null;
  readonly withheld: readonly string[];
  readonly warnings: readonly string[];
  readonly error: ImportError | null;
}

const NOTHING = {
  family: 'unknown',
  subject: null,
  name: null,
  deployment: null,
  found: 0,
  events: [],
  state: null,
  withheld: [],
  warnings: [],
  error: null,
} as const satisfies Partial<ParsedFile>;

interface Document extends FolderDocument {
  readonly file: LegacyFile;
}

/** The event file's own keys, which its events say again. */
const HEADER_KEYS = ['deployment_id', 'cluster_name', 'created_at', 'last_updated', 'events'];

function readDocument(file: LegacyFile): Document | ParsedFile {
  const recognised = recogniseName(basename(file.path));
  const family = recognised.kind === 'family' ? recognised.family : 'unknown';
  const row: ParsedFile = { ...NOTHING, path: file.path, family };
  if (file.problem !== null) return { ...row, error: { code: 'INVALID_STATE', message: file.problem } };
  if (recognised.kind !== 'family' || family === 'unknown' || file.text === null) {
    const why = recognised.kind === 'unsupported' ? recognised.why : 'is not imported';
    return { ...row, warnings: [why] };
  }
  try {
    const data = parseLegacyDocument(file.text, file.path, family);
    if (!hasEmbeddedEvents(data, family)) return { file, family, data };
    const why = 'a state file with its events embedded (scripts of June 2025) is not imported';
    return { ...row, family: 'unknown', warnings: [why] };
  } catch (error) {
    if (error instanceof KgitError) return { ...row, error: importError(error) };
    throw error;
  }
}

function secretError(message: string): ImportError {
  return importError(new SecretError(message, { suggestions: ['Take it out of the file, then import it'] }));
}

function parseState(
  family: StateFamily,
  data: LegacyDocument,
  settings: ImportSettings,
): Partial<ParsedFile> {
  const claims: StateClaim[] = [];
  const withheld: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    const path = statePathOfKey(family, key);
    const clean = withhold(value, path, settings.secrets, 'leave out');
    withheld.push(...clean.withheld);
    if (clean.value === undefined) continue;
    // The full name may tell what the path without its prefix does not.
    if (settings.secrets.find(clean.value, [key]).length > 0) withheld.push(settings.secrets.show(path));
    else claims.push({ path, key, value: clean.value });
  }
  return { state: { family, lastUpdated: data['last_updated'] ?? null, claims }, withheld };
}

function parseEvents(
  family: Family,
  { subject, name }: NamedSubject,
  data: LegacyDocument,
  settings: ImportSettings,
): Partial<ParsedFile> {
  const found = entriesOf(data);
  const clean = withhold(found, ['events'], settings.secrets, 'mark');
  if (clean.value === undefined) {
    const error = secretError('holds a secret that cannot be taken out of its event');
    return { found: found.length, withheld: clean.withheld, error };
  }
  const { events, invalid } = importedEvents({
    family,
    subject,
    name,
    entries: clean.value as readonly Value[],
  });
  const lost = Object.keys(data).filter((key) => !HEADER_KEYS.includes(key));
  const warnings = lost.map((key) => `key ${JSON.stringify(key)} of an event file is not imported`);
  if (settings.skipInvalid) {
    warnings.push(...invalid.map(({ index, message }) => `events.${index} ${message}, so it is skipped`));
  }
  const error = settings.skipInvalid || invalid.length === 0 ? null : invalidEntriesError(invalid);
  return { found: found.length, events, withheld: clean.withheld, warnings, error };
}

function parseDocument(document: Document, folder: LegacyFolder, settings: ImportSettings): ParsedFile {
  const { file, family, data } = document;
  const row: ParsedFile = { ...NOTHING, path: file.path, family };
  if (Object.keys(data).length === 0) return { ...row, warnings: ['is empty'] };
  // A name goes into paths and commit messages, where nothing could be taken out of it.
  const names = { deployment_id: data['deployment_id'], cluster_name: data['cluster_name'] };
  if (settings.secrets.find(names, []).length > 0) {
    return { ...row, error: secretError('has a name that looks secret') };
  }
  const target = subjectOf({ family, data, fileName: basename(file.path) }, folder.names, settings);
  if (target instanceof KgitError) return { ...row, error: importError(target) };
  const parsed = isStateFamily(family)
    ? parseState(family, data, settings)
    : parseEvents(family, target, data, settings);
  const { subject, name = null } = target;
  const warnings = [...(parsed.warnings ?? []), ...staleness(document, folder)];
  const deployment = deploymentOf(subject, folder, settings);
  return { ...row, ...parsed, subject, name, deployment, warnings };
}

/** The deployment whose operation takes a file: its own, or for a cluster's file the one it lies beside. */
function deploymentOf(subject: Subject, { names }: LegacyFolder, settings: ImportSettings): string | null {
  if (subject.kind === 'deployment') return subject.id;
  const name = names.size === 1 ? [...names][0] : settings.deployment;
  return name === undefined ? null : legacySlug(name);
}

/**
 * Reads what legacy files would write: recognised by name and shape, secrets withheld, every event with its
 * id. Pure; what cannot be imported is in its file's row, as a warning or an error.
 */
export function parseImport(files: readonly LegacyFile[], settings: ImportSettings): ParsedFile[] {
  const documents = files.map(readDocument);
  const folders = new Map<string, Document[]>();
  for (const document of documents) {
    if (!('data' in document)) continue;
    const beside = folders.get(document.file.folder);
    if (beside) beside.push(document);
    else folders.set(document.file.folder, [document]);
  }
  const known = new Map([...folders].map(([path, beside]) => [path, legacyFolder(beside)]));
  return documents.map((document) =>
    'data' in document
      ? parseDocument(document, known.get(document.file.folder) ?? legacyFolder([]), settings)
      : document,
  );
}
