import { basename } from 'node:path';
import { KgitError } from '../../errors.js';
import { deployment as deploymentSubject, legacySlug, type Subject } from '../../model/subject/subject.js';
import type { Value, ValueMap } from '../../model/value/value.js';
import { chooseArchives } from '../read/choose-archives.js';
import { importError, invalidEntriesError } from '../read/import-error.js';
import { entriesOf, hasEmbeddedEvents } from '../read/legacy-document.js';
import {
  archivedLogEntry,
  archiveEntry,
  clusterStateEntry,
  headOf,
  historyByDeployment,
  historyEntry,
} from '../read/legacy-entries.js';
import { type Archive, isPreState, isStateFamily, recogniseName } from '../read/legacy-family.js';
import {
  checkoutOf,
  type FolderDocument,
  groupOf,
  type LegacyFolder,
  legacyFolder,
  placeInCheckout,
  staleness,
} from '../read/legacy-folder.js';
import { type NamedSubject, subjectOf } from '../read/legacy-subject.js';
import { emptyRow, type ImportSettings, type ParsedFile } from '../read/parsed-file.js';
import { readDocument } from '../read/read-document.js';
import type { LegacyFile } from '../read/read-legacy-files.js';
import { namesInHistories } from './history-names.js';
import { type LegacyList, parseEntries, secretError } from './parse-entries.js';
import { parseState } from './parse-state.js';

type Part = Partial<Omit<ParsedFile, 'path' | 'family' | 'file'>>;

const noLine = () => undefined;
const lineIn = (line: number | undefined) => (line === undefined ? {} : { line });

/** Combines the results for several lists, or a list and a state, of one file. */
function joined(...parts: readonly Part[]): Part {
  return {
    found: parts.reduce((sum, { found = 0 }) => sum + found, 0),
    events: parts.flatMap(({ events = [] }) => events),
    withheld: parts.flatMap(({ withheld = [] }) => withheld),
    secrets: parts.flatMap(({ secrets = [] }) => secrets),
    warnings: parts.flatMap(({ warnings = [] }) => warnings),
    state: parts.find(({ state }) => state)?.state ?? null,
    error: parts.find(({ error }) => error)?.error ?? null,
  };
}

/** Parses the history file: one list with rows of many deployments. */
function parseHistory(document: FolderDocument, settings: ImportSettings): Part {
  const { data, family, lineOf } = document;
  const rows = entriesOf(data, family);
  const parts = [...historyByDeployment(rows)].map(([name, places]): Part => {
    if (name === null) {
      const message = `deployments.${places[0]} names no cluster_id`;
      return settings.skipInvalid
        ? { found: places.length, warnings: [`${message}, so it is skipped`] }
        : {
            found: places.length,
            error: invalidEntriesError([{ message, ...lineIn(lineOf(places[0] as number)) }]),
          };
    }
    const slug = legacySlug(name);
    const list: LegacyList = {
      family,
      key: 'deployments',
      subject: deploymentSubject(slug),
      name: slug === name ? undefined : name,
      entries: places.map((place) => historyEntry(rows[place] as ValueMap)),
      places,
      lineOf,
    };
    return parseEntries(list, settings);
  });
  return joined(...parts);
}

function one(
  document: FolderDocument,
  family: LegacyList['family'],
  { subject, name }: NamedSubject,
  entry: Value,
  more: Pick<LegacyList, 'head' | 'isAlone' | 'logged'> = {},
): LegacyList {
  const key = document.family;
  return { family, key, subject, name, entries: [entry], lineOf: noLine, ...more };
}

/** Converts an archived state to the event of its archiving. */
function parseArchived(
  document: FolderDocument,
  archive: Archive,
  target: NamedSubject,
  logged: number | null,
  settings: ImportSettings,
): Part {
  const entry = archiveEntry(document.data, archive);
  const more = logged === null ? { isAlone: true } : { logged };
  return parseEntries(one(document, 'deployment-archive', target, entry, more), settings);
}

/** Parses the events of a file, including embedded ones. */
function parseList(
  document: FolderDocument,
  target: NamedSubject,
  folder: LegacyFolder,
  settings: ImportSettings,
): Part {
  const { subject, name } = target;
  const { family, archive, data, lineOf } = document;
  const entries = entriesOf(data, family);
  const head = isStateFamily(family) ? null : headOf(data, entries, subject);
  const list = parseEntries({ family, key: 'events', subject, name, entries, head, lineOf }, settings);
  if (archive === null || family !== 'deployment-events' || folder.families.has('deployment-state'))
    return list;
  const archived = archivedLogEntry(data, entries, archive);
  if (archived === null) return list;
  const more = { logged: entries.length };
  return joined(list, parseEntries(one(document, 'deployment-archive', target, archived, more), settings));
}

/** Parses a recognised file by its family. */
function parseFamily(
  document: FolderDocument,
  target: NamedSubject,
  { folder, within }: Pick<Group, 'folder' | 'within'>,
  isChosen: boolean,
  settings: ImportSettings,
): Part {
  const { family, archive, data } = document;
  if (family === 'cluster-state') {
    const { last_updated: updated = null } = data;
    const head = updated === null ? null : { last_updated: updated };
    return parseEntries(one(document, family, target, clusterStateEntry(data), { head }), settings);
  }
  if (!isStateFamily(family)) return parseList(document, target, folder, settings);
  const { events: _events, ...keys } = data;
  const isOwn = hasEmbeddedEvents(data, family);
  const place = { entries: folder.entries, within };
  const state = parseState(family, isOwn ? keys : data, place, target.subject, settings);
  const parts: Part[] = isOwn ? [state, parseList(document, target, folder, settings)] : [state];
  if (archive === null) return joined(...parts);
  const kept = isChosen ? parts : parts.slice(1);
  // Only deployment-state.yaml is archived as an event; the other families are in the same folder.
  if (family === 'deployment-state') {
    const hasLog = isOwn || folder.families.has('deployment-events');
    const logged = hasLog ? folder.entries.length : null;
    const archived = parseArchived(document, archive, target, logged, settings);
    // The secrets' places are the same as in the state, and are listed once.
    kept.push({ ...archived, withheld: isChosen ? [] : state.withheld });
  }
  return joined(...kept, {
    warnings: isChosen ? [] : ['a newer state of its deployment is imported: kept as an event'],
  });
}

interface Group {
  readonly folder: LegacyFolder;
  readonly hasState: boolean;
  /** Place of the file within its checkout; null for the usual place. */
  readonly within: string | null;
  /** The deployments named in the history of its checkout. */
  readonly history: ReadonlySet<string>;
}

const NO_NAMES: ReadonlySet<string> = new Set();

function parseDocument(
  document: FolderDocument,
  { folder, hasState, within, history }: Group,
  isChosen: (document: FolderDocument) => boolean,
  settings: ImportSettings,
): ParsedFile {
  const { file, family, archive, data, remarks } = document;
  const row = { ...emptyRow(file, family), warnings: remarks };
  if (Object.keys(data).length === 0) return { ...row, warnings: [...remarks, 'is empty'] };
  if (isPreState(family) && hasState)
    return { ...row, warnings: ['is not imported: it is older than the state file of its deployment'] };
  // Names go into paths and commit messages, where secrets could not be withheld.
  const said = { deployment_id: data['deployment_id'], cluster_name: data['cluster_name'] };
  if (settings.secrets.find(said, []).length > 0)
    return { ...row, error: secretError('has a name that looks secret') };
  if (family === 'deployment-history') {
    const rows = parseHistory(document, settings);
    return { ...row, ...rows, warnings: [...remarks, ...(rows.warnings ?? [])] };
  }
  // The user's deployment setting is about current files, not those of earlier deployments.
  const told = archive === null ? settings : { ...settings, deployment: undefined };
  const fileName = basename(file.path);
  const isNameless = /^(?:azure|kof)-/.test(family) && archive === null && folder.names.size === 0;
  const inHistory = isNameless && settings.deployment === undefined ? history : NO_NAMES;
  const names = inHistory.size === 1 ? inHistory : folder.names;
  const target = subjectOf(
    { family, data, fileName, placeName: archive?.id ?? null },
    names,
    folder.namespaces,
    told,
  );
  if (target instanceof KgitError) return { ...row, error: importError(target) };
  const parsed = parseFamily(document, target, { folder, within }, isChosen(document), settings);
  const { subject, name = null } = target;
  const warnings = [
    ...remarks,
    ...(parsed.warnings ?? []),
    ...staleness(document, folder),
    ...(names === folder.names ? [] : ['names no deployment: it goes to the only one in the history']),
  ];
  return {
    ...row,
    ...parsed,
    subject,
    name,
    deployment: deploymentOf(subject, { ...folder, names }, settings),
    warnings,
  };
}

/** The deployment whose operation includes a file: its own, or, for a cluster's file, the one in the same folder. */
function deploymentOf(subject: Subject, { names }: LegacyFolder, settings: ImportSettings): string | null {
  if (subject.kind === 'deployment') return subject.id;
  const name = names.size === 1 ? [...names][0] : settings.deployment;
  return name === undefined ? null : legacySlug(name);
}

/** Whether this is an unreadable deployment state outside an archive. */
function isUnreadableState({ file, family, ...row }: FolderDocument | ParsedFile): boolean {
  if ('data' in row || family !== 'deployment-state' || row.error === null) return false;
  const recognised = recogniseName(basename(file.path), basename(file.folder));
  return recognised.kind === 'family' && recognised.archive === null;
}

function onlyName(folder: LegacyFolder | undefined): string | null {
  return folder?.names.size === 1 ? ([...folder.names][0] as string) : null;
}

/**
 * Parses legacy files: recognises them by name and shape, withholds secrets, and gives every event its id. Pure; what
 * cannot be imported is in its file's row, as a warning or an error.
 */
export function parseImport(
  files: readonly LegacyFile[],
  settings: ImportSettings,
  progress: (done: number, all: number) => void = () => {},
): ParsedFile[] {
  const read = files.map(readDocument);
  const documents = read.filter((document): document is FolderDocument => 'data' in document);
  const groups = new Map<string, FolderDocument[]>();
  for (const document of documents) {
    const key = groupOf(document);
    const beside = groups.get(key);
    if (beside) beside.push(document);
    else groups.set(key, [document]);
  }
  const folders = new Map([...groups].map(([key, beside]) => [key, legacyFolder(beside)]));
  const withState = new Set(
    documents
      .filter(({ family, archive }) => family === 'deployment-state' && archive === null)
      .map(({ file }) => checkoutOf(file)),
  );
  const histories = namesInHistories(documents);
  const roots = new Set(
    read.flatMap(({ family, file }) => (family === 'deployment-name' ? [file.folder] : [])),
  );
  const isChosen = chooseArchives(
    documents,
    (document) => folders.get(groupOf(document))?.names,
    read.filter(isUnreadableState).map(({ file }) => onlyName(folders.get(file.folder))),
  );
  return read.map((document, i) => {
    progress(i + 1, read.length);
    if (!('data' in document)) return document;
    const folder = folders.get(groupOf(document)) ?? legacyFolder([]);
    const hasState = withState.has(checkoutOf(document.file));
    const history = histories.get(checkoutOf(document.file)) ?? NO_NAMES;
    const group = { folder, hasState, history, within: placeInCheckout(document, roots) };
    return parseDocument(document, group, isChosen, settings);
  });
}
