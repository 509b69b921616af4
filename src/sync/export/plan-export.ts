import { formatSubject, type Subject } from '../../model/subject/subject.js';
import { isMap, type Value, type ValueMap } from '../../model/value/value.js';
import { ARCHIVES_FOLDER, STATE_FOLDER } from '../read/legacy-family.js';
import { deploymentFiles } from './deployment-files.js';
import { isName, lastLog, markersIn } from './exported-entry.js';
import { type ExportedFile, type ExportedSubject, entriesOf, headOf, nameOf } from './exported-subject.js';

const HISTORY = 'deployment-history';

function file(subject: Subject, path: string, family: string, data: ValueMap): ExportedFile {
  return { path, family, subject: formatSubject(subject), data, withheld: markersIn(data) };
}

function clusterFiles(of: ExportedSubject): ExportedFile[] {
  const { subject } = of;
  const name = nameOf(of);
  const entries = entriesOf(of);
  const events = lastLog(entries.get('cluster-events') ?? []);
  const { entry: recorded, head = null } = entries.get('cluster-state')?.at(-1) ?? {};
  const list = { ...headOf('cluster-events', name, events), events: events.map(({ entry }) => entry) };
  const state = recorded && {
    cluster_name: name,
    created_at: recorded['timestamp'] as Value,
    last_updated: recorded['timestamp'] as Value,
    ...head,
    ...(recorded['parameters'] as ValueMap),
  };
  const files = [
    ...(events.length > 0
      ? [file(subject, `${STATE_FOLDER}/cluster-${name}-events.yaml`, 'cluster-events', list)]
      : []),
    ...(state ? [file(subject, `${STATE_FOLDER}/cluster-${name}-state.yaml`, 'cluster-state', state)] : []),
  ];
  const problem = `the name ${JSON.stringify(name)} cannot be part of a file name`;
  return isName(name) ? files : files.map((one) => ({ ...one, problem }));
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
      path: `${ARCHIVES_FOLDER}/${HISTORY}.yaml`,
      family: HISTORY,
      subject: '',
      data: { deployments },
      withheld: markersIn(deployments),
    },
  ];
}

/** Plans the legacy files of these subjects. Pure. */
export function planExport(subjects: readonly ExportedSubject[]): readonly ExportedFile[] {
  return [
    ...subjects.flatMap((of) => (of.subject.kind === 'cluster' ? clusterFiles(of) : deploymentFiles(of))),
    ...historyFile(subjects),
  ];
}
