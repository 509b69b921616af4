import { access, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isSeq } from 'yaml';
import { InvalidStateError, UsageError } from '../../errors.js';
import { deployment, legacySlug } from '../../model/subject/subject.js';
import { hasCode } from '../../model/value/error-codes.js';
import { isMap, type ValueMap } from '../../model/value/value.js';
import { parseSpelledDocument, parseSpelledYaml } from '../../model/yaml/spelled-yaml.js';
import { ARCHIVES_FOLDER } from '../read/legacy-family.js';
import { newNode, nodeAt, setNode, writtenText } from '../read/yaml-nodes.js';
import {
  FIRST_HISTORY,
  firstAzureEvents,
  firstAzureState,
  firstClusterEvents,
  firstEvents,
  firstState,
} from './first-texts.js';
import { HISTORY, type ScriptCall } from './script-call.js';
import { checkReplaceable, readText, replaceText, versionOf } from './script-file.js';
import type { ScriptFunction } from './script-functions.js';
import { parseYqPath, parseYqTarget, typedValue, unescapeYq } from './yq-path.js';

const OLD = `./${ARCHIVES_FOLDER}`;
/** The files that are archived besides the deployment's own two. */
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

/** The path of a cluster's file. Throws UsageError for a name with a path separator. */
function fileOf(call: ScriptCall, name: string, kind: 'state' | 'events'): string {
  if (/[/\0]/.test(name)) throw new UsageError(`${JSON.stringify(name)} is no name of a cluster`);
  return `${call.places.folder}/cluster-${name}-${kind}.yaml`;
}

/**
 * Refuses to replace or remove an unreadable file, because its content exists nowhere else. Throws InvalidStateError
 * with the position of the fault, EnvironmentError.
 */
async function checkReadable(call: ScriptCall, path: string, kind: 'state' | 'events'): Promise<void> {
  try {
    await checkReplaceable(call.path(path));
    await (kind === 'state' ? call.stateAt(path).data() : call.eventsAt(path).check());
  } catch (error) {
    if (!(error instanceof InvalidStateError)) throw error;
    const { data, message, suggestions } = error;
    throw new InvalidStateError(
      `${message}; so the file is left as it is: mend it, or move it to another folder, and call again`,
      { data, suggestions, cause: error },
    );
  }
}

async function initClusterEvents(call: ScriptCall, name: string): Promise<void> {
  const path = fileOf(call, name, 'events');
  await checkReadable(call, path, 'events');
  await call.host.touches([call.path(path)]);
  await replaceText(call.path(path), firstClusterEvents(name, call.time));
  const entry = call.entry('cluster_events_initialized', `Local event tracking initialized for ${name}`);
  const logged = { family: 'cluster-events', name, entry: { index: 0, sameTime: [entry] } } as const;
  await call.session.record(null, null, logged);
}

async function touchState(call: ScriptCall, path: string): Promise<void> {
  const file = call.stateAt(path);
  // k0rdent is the source of truth for a cluster's state, so none of it is recorded.
  if ((await file.data()) !== null) await file.change([[['last_updated'], call.time]]);
}

/** Creates a folder named after the time, or the first later second without one, so that nothing is overwritten. */
async function newFolder(call: ScriptCall, nameAt: (time: string) => string): Promise<string> {
  for (let second = 0; ; second++) {
    const name = nameAt(call.localTime(second));
    await mkdir(dirname(call.path(name)), { recursive: true });
    try {
      await mkdir(call.path(name));
      return name;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}

async function archive(call: ScriptCall): Promise<string[]> {
  const { state, events, folder } = call.places;
  const name = (await versionOf(call.path(state)))
    ? await call.state.print(['deployment_id']).catch((error: unknown) => {
        // The archive of an unreadable state has this name.
        if (error instanceof InvalidStateError) return 'unknown';
        throw error;
      })
    : '';
  const target = await newFolder(
    call,
    (time) => `${OLD}/${name.replaceAll('/', '_')}_${time}_${call.arg(0)}`,
  );
  const files = [state, events, ...OTHERS.map((other) => `${folder}/${other}`)];
  await call.host.touches(files.map((path) => join(call.path(target), basename(path))));
  const moved: string[] = [];
  for (const path of files) {
    if (!(await isThere(call.path(path)))) continue;
    await rename(call.path(path), join(call.path(target), basename(path)));
    moved.push(basename(path));
  }
  await call.imports(moved.map((file) => join(call.path(target), file)));
  return [target, ...moved];
}

/** The functions of the scripts for whole files. */
export const FILE_FUNCTIONS: Readonly<Record<string, ScriptFunction>> = {
  /** Arguments: id, deployer, configuration file, location, controllers, workers, network, then the phases. */
  init_deployment_state: async (call) => {
    const [id, deployer, config, location, controllers, workers, network, ...phases] = call.args as string[];
    const { state, events } = call.places;
    const first = { id, deployer, config, location, controllers, workers, network, phases };
    await checkReadable(call, state, 'state');
    await checkReadable(call, events, 'events');
    await replaceText(call.path(state), firstState(first as never, call.time));
    await replaceText(call.path(events), firstEvents(id as string, call.time));
    const entry = call.entry('deployment_initialized', 'Deployment state tracking initialized');
    // The files are new, so nothing of an earlier deployment with this id remains.
    const before = await call.host.recorded(deployment(legacySlug(id as string)));
    const after = (await call.state.data()) as ValueMap;
    await call.session.record(
      id as string,
      { family: 'deployment-state', before, after },
      { family: 'deployment-events', name: id as string, entry: { index: 0, sameTime: [entry] } },
    );
    await call.host.wrote(call.state.path, [{ path: [], value: after }], id as string);
    return {};
  },
  /** Argument: reason. Prints one line for the folder and one for each file. */
  archive_existing_state: async (call) => ({ out: (await archive(call)).join('\n') }),
  cleanup_deployment_state: async (call) => {
    const { state, events, folder } = call.places;
    await checkReadable(call, state, 'state');
    await checkReadable(call, events, 'events');
    const name = await call.deployment();
    const removal = name === null ? null : call.session.removal(name, call.arg(0) || 'cleanup');
    const files: string[] = [];
    for (const path of [state, events]) if (await isThere(call.path(path))) files.push(call.path(path));
    if (removal !== null) await call.host.removes(files, removal);
    for (const file of files) await rm(file, { force: true });
    const left = await readdir(call.path(folder)).catch(() => ['']);
    if (left.length === 0) await rmdir(call.path(folder));
    if (removal !== null) await call.host.keep(removal);
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
    // The scripts' own library calls a function here that no longer exists.
    if (await log.exists()) await call.host.touches([call.path(path)]);
    else await initClusterEvents(call, name);
    // Fails before any change if the other file is unreadable.
    await call.stateAt(fileOf(call, name, 'state')).data();
    const added = await log.add(call.entry(unescapeYq(call.arg(1)), unescapeYq(call.arg(2))));
    await touchState(call, fileOf(call, name, 'state'));
    await call.session.record(null, null, { family: 'cluster-events', name, entry: added });
    return {};
  },
  update_azure_state: async (call) => {
    const path = parseYqTarget(call.arg(0));
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
    return { out: path === null ? 'null' : await call.azureState.print(path) };
  },
  remove_azure_state_key: async (call) => {
    const path = parseYqTarget(call.arg(0));
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
  /** Arguments: cluster id, configuration file, deployer. */
  record_deployment_history: async (call) => {
    const path = call.path(HISTORY);
    await call.host.touches([path]);
    if (!(await isThere(path))) await replaceText(path, FIRST_HISTORY);
    const [id, config, deployer] = [0, 1, 2].map((i) => unescapeYq(call.arg(i)));
    const parsed = parseSpelledDocument(await readText(path), path);
    const row = { cluster_id: id, deployed_at: call.time, config_file: config, deployer };
    const { document, value } = parsed;
    const known = isMap(value) ? (value['deployments'] ?? []) : value === null ? [] : null;
    if (!Array.isArray(known))
      throw new InvalidStateError(`${path}:1:1: deployments is not a list`, { data: { path } });
    const list = nodeAt(parsed, ['deployments']);
    if (isSeq(list)) {
      list.flow = false;
      list.add(newNode(document, row));
    } else setNode(parsed, ['deployments'], [row], () => new InvalidStateError(`${path}: is not a mapping`));
    await replaceText(path, writtenText(parsed));
    await call.imports([path]);
    return {};
  },
  history_lines: async (call) => {
    const value = parseSpelledYaml(await readText(call.path(HISTORY)), HISTORY);
    const rows = isMap(value) && Array.isArray(value['deployments']) ? value['deployments'] : [];
    const lines = rows.map((row) => {
      const { cluster_id: id, deployed_at: at, deployer } = isMap(row) ? row : {};
      return `  ${String(id)} | ${String(at)} | ${String(deployer)}`;
    });
    return { out: lines.join('\n') };
  },
};
