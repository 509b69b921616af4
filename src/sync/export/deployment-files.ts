import { dirname } from 'node:path/posix';
import { formatSubject } from '../../model/subject/subject.js';
import { parseRfc3339 } from '../../model/value/rfc3339.js';
import type { Value, ValueMap } from '../../model/value/value.js';
import { ARCHIVES_FOLDER, STATE_FOLDER } from '../read/legacy-family.js';
import { type ArchivedCopy, archivedCopies, splitLog } from './archived-copies.js';
import { type ExportedEntry, markersIn } from './exported-entry.js';
import { type ExportedState, exportedState } from './exported-state.js';
import { type ExportedFile, type ExportedSubject, entriesOf, headOf, nameOf } from './exported-subject.js';

const ARCHIVE = 'deployment-archive';
const LOGS = ['deployment-events', 'azure-events', 'kof-events'];

const updated = (data: ValueMap | undefined) =>
  parseRfc3339(String(data?.['last_updated'])) ?? Number.NEGATIVE_INFINITY;

/** The archive that contains the deployment's files, if there are no current ones any more. */
function lastPlace(copies: readonly ArchivedCopy[], current: ExportedState | undefined): ArchivedCopy | null {
  if (!current) return copies.at(-1) ?? null;
  const isMovedTo = ({ name, isFolder, state }: ArchivedCopy) =>
    state !== null &&
    updated(state) >= updated(current.data) &&
    (isFolder || current.place === `${ARCHIVES_FOLDER}/${name}.yaml`);
  return copies.findLast(isMovedTo) ?? null;
}

/** The folder of a deployment's files: archived files stay in their archive until somebody writes them again. */
function folderOf(state: ExportedState | undefined, last: ArchivedCopy | null): string {
  if (last?.isFolder) return `${ARCHIVES_FOLDER}/${last.name}`;
  const { place = null, importedAt = null, data } = state ?? {};
  if (place === null) return STATE_FOLDER;
  const isArchived = place.startsWith(`${ARCHIVES_FOLDER}/`);
  return isArchived && importedAt !== data?.['last_updated'] ? STATE_FOLDER : dirname(place);
}

/** Plans the legacy files of a deployment. */
export function deploymentFiles(of: ExportedSubject): ExportedFile[] {
  const { subject, events, secrets, locked } = of;
  const name = nameOf(of);
  const entries = entriesOf(of);
  const states = exportedState(of.state ?? {}, events, secrets, locked);
  const copies = archivedCopies(entries.get(ARCHIVE) ?? []);
  const current = states.get('deployment-state');
  const last = lastPlace(copies, current);
  const isRemoved =
    last === null &&
    events.findLast(({ action }) => action === 'deployment_initialized' || action === 'state_removed')
      ?.action === 'state_removed';
  const files: ExportedFile[] = [];
  const add = (path: string, family: string, data: ValueMap, missing: readonly string[] = []) => {
    const withheld = [...missing, ...markersIn(data)];
    files.push({ path, family, subject: formatSubject(subject), data, withheld });
  };
  const log = (path: string, family: string, own: readonly ExportedEntry[]) => {
    if (own.length === 0) return;
    const list = own.map(({ entry }) => entry);
    add(path, family, { ...headOf(family, name, own), events: list });
  };
  const withList = (data: ValueMap, own: readonly ExportedEntry[] | undefined) =>
    own && own.length > 0 ? { ...data, events: own.map(({ entry }) => entry) as readonly Value[] } : data;
  const embedded = splitLog(entries.get('deployment-state') ?? [], copies, last);
  for (const [family, state] of states) {
    if (family === 'deployment-state' && (isRemoved || last !== null)) continue;
    const path = `${folderOf(state, last)}/${family}.yaml`.replace(/^\.\//, '');
    const data = family === 'deployment-state' ? withList(state.data, embedded.current) : state.data;
    add(path, family, data, state.missing);
  }
  const pathOf = ({ name: archive, isFolder }: ArchivedCopy, family: string) => {
    if (isFolder) return `${ARCHIVES_FOLDER}/${archive}/${family}.yaml`;
    return `${ARCHIVES_FOLDER}/${archive}${family === 'deployment-events' ? '_events' : ''}.yaml`;
  };
  for (const copy of copies)
    if (copy.state)
      add(pathOf(copy, 'deployment-state'), ARCHIVE, withList(copy.state, embedded.archived.get(copy.name)));
  for (const family of LOGS) {
    const isOwn = family === 'deployment-events';
    // The other logs were moved with the deployment's, and never copied.
    const places = isOwn
      ? copies
      : copies.filter(({ isFolder }) => isFolder).map((copy) => ({ ...copy, logged: null }));
    const { archived, current: now } = splitLog(entries.get(family) ?? [], places, last);
    for (const copy of places) log(pathOf(copy, family), family, archived.get(copy.name) ?? []);
    if (isOwn && isRemoved) continue;
    const beside = states.get(family.replace('-events', '-state') as 'deployment-state');
    log(`${folderOf(beside, last)}/${family}.yaml`.replace(/^\.\//, ''), family, now);
  }
  return files;
}
