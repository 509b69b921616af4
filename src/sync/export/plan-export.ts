import type { KgitEvent } from '../../model/event.js';
import { formatSubject, type Subject } from '../../model/subject.js';
import { isMap, type Value, type ValueMap } from '../../model/value.js';
import { type ExportedEntry, exportedEntry, familyOf, inOrder, markersIn } from './exported-entry.js';
import { exportedState } from './exported-state.js';

/** What the repository and this machine know of a subject. */
export interface ExportedSubject {
  readonly subject: Subject;
  /** Of a deployment; null for a cluster, and where there is none. */
  readonly state: Readonly<Record<string, Value>> | null;
  readonly events: readonly KgitEvent[];
  readonly secrets: ReadonlyMap<string, Value>;
}

/** A legacy file to be written. */
export interface ExportedFile {
  /** Below the folder of the scripts' checkout. */
  readonly path: string;
  readonly family: string;
  readonly subject: string;
  readonly data: ValueMap;
  /** Places of values that this machine does not have. */
  readonly withheld: readonly string[];
}

/** The folder of a checkout in which the scripts keep what is current. */
export const STATE_FOLDER = 'state';
const OLD = 'old_deployments';
const HISTORY = 'deployment-history';
const ARCHIVE = 'deployment-archive';
const LISTS = ['deployment-events', 'azure-events', 'kof-events', 'cluster-events'];
const FOLDER = /_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(?:_[^/]*)?$/;
/** A name from an event that becomes one of a file may lead nowhere else. */
const isName = (name: string) => name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);

function nameOf({ subject, events }: ExportedSubject): string {
  const named = events.findLast(({ source }) => isMap(source) && typeof source['name'] === 'string');
  const own = isMap(named?.source) ? String(named.source['name']) : null;
  return own ?? (subject.kind === 'cluster' ? subject.name : subject.kind === 'deployment' ? subject.id : '');
}

/** The keys of an event file beside its list. */
function headOf(family: string, name: string, entries: readonly ExportedEntry[]): ValueMap {
  const at = entries.findLastIndex(({ head }) => head !== null);
  const said = entries[at]?.head;
  const first = entries[0]?.entry['timestamp'] as Value;
  const last = entries.at(-1)?.entry['timestamp'] as Value;
  if (said)
    return at === entries.length - 1 || !('last_updated' in said) ? said : { ...said, last_updated: last };
  if (family === 'azure-events' || family === 'kof-events') return { last_updated: last };
  const key = family === 'cluster-events' ? 'cluster_name' : 'deployment_id';
  return { [key]: name, created_at: first, last_updated: last };
}

/** Whether an event without a file of its own is one that the scripts' log would have: those of state alone are not. */
function isLogged(event: KgitEvent): boolean {
  if (event.phase !== undefined) return true;
  const source = isMap(event.source) ? event.source : {};
  return (event.changes ?? []).length === 0 && source['written_by'] === undefined && !source['files'];
}

function file(subject: Subject, path: string, family: string, data: ValueMap): ExportedFile {
  return { path, family, subject: formatSubject(subject), data, withheld: markersIn(data) };
}

function entriesOf(of: ExportedSubject): Map<string, readonly ExportedEntry[]> {
  const own = of.subject.kind === 'cluster' ? 'cluster-events' : 'deployment-events';
  const byFamily = new Map<string, ExportedEntry[]>();
  for (const event of of.events) {
    const from = familyOf(event);
    if (from === null && !isLogged(event)) continue;
    const family = from ?? own;
    const made = exportedEntry(event, of.secrets);
    byFamily.set(family, [...(byFamily.get(family) ?? []), made]);
  }
  return new Map([...byFamily].map(([family, entries]) => [family, inOrder(entries)]));
}

function clusterFiles(of: ExportedSubject): ExportedFile[] {
  const { subject } = of;
  const name = nameOf(of);
  if (!isName(name)) return [];
  const entries = entriesOf(of);
  const events = entries.get('cluster-events') ?? [];
  const recorded = entries.get('cluster-state')?.at(-1)?.entry;
  const list = { ...headOf('cluster-events', name, events), events: events.map(({ entry }) => entry) };
  const state = recorded && {
    cluster_name: name,
    created_at: recorded['timestamp'] as Value,
    last_updated: recorded['timestamp'] as Value,
    ...(recorded['parameters'] as ValueMap),
  };
  return [
    ...(events.length > 0
      ? [file(subject, `${STATE_FOLDER}/cluster-${name}-events.yaml`, 'cluster-events', list)]
      : []),
    ...(state ? [file(subject, `${STATE_FOLDER}/cluster-${name}-state.yaml`, 'cluster-state', state)] : []),
  ];
}

interface ArchiveCopy {
  readonly name: string;
  readonly state: ValueMap;
}

function archivesOf(entries: readonly ExportedEntry[]): ArchiveCopy[] {
  return entries.flatMap(({ entry }) => {
    const { archive, state } = isMap(entry['parameters']) ? entry['parameters'] : {};
    return typeof archive === 'string' && isName(archive) && isMap(state)
      ? [{ name: archive, state: state as ValueMap }]
      : [];
  });
}

function deploymentFiles(of: ExportedSubject): ExportedFile[] {
  const { subject, events, secrets } = of;
  const name = nameOf(of);
  const entries = entriesOf(of);
  const states = exportedState(of.state ?? {}, events, secrets);
  const archives = archivesOf(entries.get(ARCHIVE) ?? []);
  const current = states.get('deployment-state');
  const moved = archives.findLast(
    ({ name: folder, state }) =>
      FOLDER.test(folder) && String(state['last_updated']) >= String(current?.['last_updated'] ?? ''),
  );
  const isRemoved = events.findLast(
    ({ action }) => action === 'deployment_initialized' || action === 'state_removed',
  );
  const place = moved ? `${OLD}/${moved.name}` : STATE_FOLDER;
  const files: ExportedFile[] = [];
  const embedded = entries.get('deployment-state') ?? [];
  for (const [family, data] of states) {
    if (isRemoved?.action === 'state_removed' && !moved && family === 'deployment-state') continue;
    const whole = family === 'deployment-state' && moved ? moved.state : data;
    const list = family === 'deployment-state' && embedded.length > 0;
    const own = list ? { ...whole, events: embedded.map(({ entry }) => entry) } : whole;
    files.push(file(subject, `${place}/${family}.yaml`, family, own));
  }
  for (const family of LISTS) {
    const own = entries.get(family) ?? [];
    if (own.length === 0) continue;
    if (isRemoved?.action === 'state_removed' && !moved && family === 'deployment-events') continue;
    const data = { ...headOf(family, name, own), events: own.map(({ entry }) => entry) };
    files.push(file(subject, `${place}/${family}.yaml`, family, data));
  }
  for (const copy of archives) {
    if (copy === moved) continue;
    const isFolder = FOLDER.test(copy.name);
    const path = `${OLD}/${copy.name}${isFolder ? '/deployment-state' : ''}.yaml`;
    files.push(file(subject, path, ARCHIVE, copy.state));
    // A copy of the two files was made while the log went on.
    const own = (entries.get('deployment-events') ?? []).filter(
      ({ entry }) => String(entry['timestamp']) <= String(copy.state['last_updated']),
    );
    if (isFolder || own.length === 0) continue;
    const plain = own.map((of) => ({ ...of, head: null }));
    const data = { ...headOf('deployment-events', name, plain), events: own.map(({ entry }) => entry) };
    files.push(file(subject, `${OLD}/${copy.name}_events.yaml`, 'deployment-events', data));
  }
  return files;
}

function historyFile(subjects: readonly ExportedSubject[]): ExportedFile[] {
  const rows = subjects.flatMap((of) =>
    (entriesOf(of).get(HISTORY) ?? []).map(({ index, entry }) => {
      const { timestamp, user, parameters } = entry;
      const rest = isMap(parameters) ? (parameters as ValueMap) : {};
      const row = { cluster_id: nameOf(of), deployed_at: timestamp as Value, ...rest };
      return { index, row: { ...row, deployer: user ?? 'unknown' } as ValueMap };
    }),
  );
  if (rows.length === 0) return [];
  const deployments = rows.sort((a, b) => a.index - b.index).map(({ row }) => row);
  return [
    {
      path: `${OLD}/${HISTORY}.yaml`,
      family: HISTORY,
      subject: '',
      data: { deployments },
      withheld: markersIn(deployments),
    },
  ];
}

/** The legacy files of these subjects. Pure. */
export function planExport(subjects: readonly ExportedSubject[]): readonly ExportedFile[] {
  return [
    ...subjects.flatMap((of) => (of.subject.kind === 'cluster' ? clusterFiles(of) : deploymentFiles(of))),
    ...historyFile(subjects),
  ];
}
