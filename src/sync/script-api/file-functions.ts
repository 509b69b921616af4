import { access, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import { UsageError } from '../../errors.js';
import { deployment, legacySlug } from '../../model/subject.js';
import type { ValueMap } from '../../model/value.js';
import { parseSpelledYaml } from '../../model/yaml.js';
import { hasCode } from '../../store/durable-files.js';
import { ARCHIVES_FOLDER } from '../legacy-family.js';
import {
  FIRST_HISTORY,
  firstAzureEvents,
  firstAzureState,
  firstClusterEvents,
  firstEvents,
  firstState,
} from './first-texts.js';
import type { ScriptCall } from './script-call.js';
import { readText, replaceText, versionOf } from './script-file.js';
import type { ScriptFunction } from './script-functions.js';
import { quotedNode } from './script-state-file.js';
import { parseYqPath, typedValue, unescapeYq } from './yq-path.js';

const OLD = `./${ARCHIVES_FOLDER}`;
const HISTORY = `${OLD}/deployment-history.yaml`;
/** What is archived of the folder beside the deployment's own two files. */
const OTHERS = ['kof-state.yaml', 'kof-events.yaml', 'azure-state.yaml', 'azure-events.yaml'];

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
      throw error;
    },
  );
}

/** A cluster's name as part of a file's name. Throws UsageError for one that would lead elsewhere. */
function fileOf(call: ScriptCall, name: string, kind: 'state' | 'events'): string {
  if (/[/\0]/.test(name)) throw new UsageError(`${JSON.stringify(name)} is no name of a cluster`);
  return `${call.places.folder}/cluster-${name}-${kind}.yaml`;
}

async function initClusterEvents(call: ScriptCall, name: string): Promise<void> {
  const path = fileOf(call, name, 'events');
  await call.host.touches([call.path(path)]);
  await replaceText(call.path(path), firstClusterEvents(name, call.time));
  const entry = call.entry('cluster_events_initialized', `Local event tracking initialized for ${name}`);
  const logged = { family: 'cluster-events', name, entry: { index: 0, sameTime: [entry] } } as const;
  await call.session.record(null, null, logged);
}

async function touchState(call: ScriptCall, path: string): Promise<void> {
  const file = call.stateAt(path);
  // k0rdent is the source of truth of a cluster's state, so nothing of it is recorded.
  if ((await file.data()) !== null) await file.change([[['last_updated'], call.time]]);
}

async function archive(call: ScriptCall): Promise<string[]> {
  const { state, events, folder } = call.places;
  const name = (await versionOf(call.path(state)))
    ? await call.state.print(['deployment_id']).catch(() => 'unknown')
    : '';
  const target = `${OLD}/${name.replaceAll('/', '_')}_${call.localTime}_${call.arg(0)}`;
  const files = [state, events, ...OTHERS.map((other) => `${folder}/${other}`)];
  await call.host.touches(files.map((path) => join(call.path(target), basename(path))));
  await mkdir(call.path(target), { recursive: true });
  const moved: string[] = [];
  for (const path of files) {
    if (!(await isThere(call.path(path)))) continue;
    await rename(call.path(path), join(call.path(target), basename(path)));
    moved.push(basename(path));
  }
  await call.host.importFiles(moved.map((file) => join(call.path(target), file)));
  return [target, ...moved];
}

/** What the scripts do to whole files. */
export const FILE_FUNCTIONS: Readonly<Record<string, ScriptFunction>> = {
  /** Id, deployer, configuration file, location, controllers, workers, network, then the phases. */
  init_deployment_state: async (call) => {
    const [id, deployer, config, location, controllers, workers, network, ...phases] = call.args as string[];
    const { state, events } = call.places;
    const first = { id, deployer, config, location, controllers, workers, network, phases };
    await replaceText(call.path(state), firstState(first as never, call.time));
    await replaceText(call.path(events), firstEvents(id as string, call.time));
    const entry = call.entry('deployment_initialized', 'Deployment state tracking initialized');
    // The files are new, so nothing of an earlier deployment of this id is left.
    const before = await call.host.recorded(deployment(legacySlug(id as string)));
    const after = (await call.state.data()) as ValueMap;
    await call.session.record(
      id as string,
      { family: 'deployment-state', before, after },
      { family: 'deployment-events', name: id as string, entry: { index: 0, sameTime: [entry] } },
    );
    await call.host.wrote(call.state.path, [{ path: [], value: after }]);
    return {};
  },
  /** Reason: one line for the folder, one for each file. */
  archive_existing_state: async (call) => ({ out: (await archive(call)).join('\n') }),
  cleanup_deployment_state: async (call) => {
    const name = await call.deployment();
    const { state, events, folder } = call.places;
    for (const path of [state, events]) await rm(call.path(path), { force: true });
    const left = await readdir(call.path(folder)).catch(() => ['']);
    if (left.length === 0) await rmdir(call.path(folder));
    if (name !== null)
      await call.session.tell(name, { action: 'state_removed', reason: call.arg(0) || 'cleanup' });
    return {};
  },
  init_cluster_events: async (call) => {
    await initClusterEvents(call, call.arg(0));
    return {};
  },
  add_cluster_event: async (call) => {
    const name = call.arg(0);
    const path = fileOf(call, name, 'events');
    const log = call.eventsAt(path);
    // The scripts' own library calls a function here that is gone.
    if (await log.exists()) await call.host.touches([call.path(path)]);
    else await initClusterEvents(call, name);
    const added = await log.add(call.entry(unescapeYq(call.arg(1)), unescapeYq(call.arg(2))));
    await touchState(call, fileOf(call, name, 'state'));
    await call.session.record(null, null, { family: 'cluster-events', name, entry: added });
    return {};
  },
  update_azure_state: async (call) => {
    const path = parseYqPath(call.arg(0));
    if (path === null)
      throw new UsageError(`${JSON.stringify(call.arg(0))} is not a plain path of the state`);
    const file = call.path(call.places.azureState);
    const isNew = !(await isThere(file));
    if (isNew) await replaceText(file, firstAzureState(call.time));
    const typed = call.arg(1) === '{}' ? '{}' : typedValue(call.arg(1));
    const changes = [[path, typed] as const, [['last_updated'], call.time] as const];
    await call.changeAzure(changes, null, isNew);
    return {};
  },
  get_azure_state: async (call) => {
    const path = parseYqPath(call.arg(0));
    return { out: path === null ? 'null' : await call.azureState.print(path).catch(() => 'null') };
  },
  remove_azure_state_key: async (call) => {
    const path = parseYqPath(call.arg(0));
    if (path === null)
      throw new UsageError(`${JSON.stringify(call.arg(0))} is not a plain path of the state`);
    await call.changeAzure([
      [path, undefined],
      [['last_updated'], call.time],
    ]);
    return {};
  },
  add_azure_event: async (call) => {
    const file = call.path(call.places.azureEvents);
    if (!(await isThere(file))) await replaceText(file, firstAzureEvents(call.time));
    const entry = call.entry(unescapeYq(call.arg(0)), unescapeYq(call.arg(1)));
    await call.changeAzure([[['last_updated'], call.time]], entry);
    return {};
  },
  /** Cluster id, configuration file, deployer. */
  record_deployment_history: async (call) => {
    const path = call.path(HISTORY);
    await call.host.touches([path]);
    if (!(await isThere(path))) await replaceText(path, FIRST_HISTORY);
    const [id, config, deployer] = [0, 1, 2].map((i) => unescapeYq(call.arg(i)));
    const document = parseDocument(await readText(path), { uniqueKeys: false });
    const row = { cluster_id: id, deployed_at: call.time, config_file: config, deployer };
    const list = document.get('deployments', true) as { flow?: boolean; items?: unknown[] } | undefined;
    if (list?.items) {
      list.flow = false;
      document.addIn(['deployments'], quotedNode(document, row));
    } else document.set('deployments', quotedNode(document, [row]));
    await replaceText(path, document.toString({ lineWidth: 0 }));
    await call.host.importFiles([path]);
    return {};
  },
  history_lines: async (call) => {
    const value = parseSpelledYaml(await readText(call.path(HISTORY)), HISTORY) as ValueMap | null;
    const rows = (value?.['deployments'] ?? []) as readonly ValueMap[];
    const lines = rows.map(
      ({ cluster_id: id, deployed_at: at, deployer }) =>
        `  ${String(id)} | ${String(at)} | ${String(deployer)}`,
    );
    return { out: lines.join('\n') };
  },
};
