/** Replays a tree of the scripts' files as the calls that make it, each at its time. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';

// biome-ignore lint/suspicious/noExplicitAny: files of any shape
type Data = any;
interface Call {
  readonly time: string;
  /** Order of calls within one second; then the order of the files. */
  readonly rank: number;
  readonly words: readonly string[];
}

const ARCHIVE = /^.*_(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)_(.*)$/;
const FIRST = 0;
const BODY = 1;
const LAST = 2;
/** Keys that the library's functions set by themselves. */
const OWN = new Set([
  ...['deployment_id', 'deployer', 'created_at', 'last_updated', 'phase', 'source_config_file', 'config'],
  ...['vm_states', 'phases', 'artifacts', 'wireguard_peers', 'deployment_flags'],
]);

const read = (path: string): Data => (existsSync(path) ? parse(readFileSync(path, 'utf8')) : null);
const word = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const entries = (of: Data): [string, Data][] => Object.entries(of ?? {});

function stateCalls(state: Data, events: readonly Data[]): Call[] {
  const { created_at: first, last_updated: last, config } = state;
  const call = (time: string, ...words: string[]): Call => ({ time, rank: BODY, words });
  const init = [state.deployment_id, state.deployer, state.source_config_file, config.azure_location];
  const sizes = [config.controller_count, config.worker_count, config.wireguard_network].map(String);
  const hosts = Object.keys(state.wireguard_peers ?? {}).filter((name) => name !== 'mylaptop');
  // A second that has events has calls that stamp it; other values came at the last one.
  const reset = events.some(({ action }) => action === 'phase_reset');
  return [
    { time: first, rank: FIRST, words: ['begin', ...init, ...sizes] },
    ...entries(state.deployment_flags).map(([key, value]) =>
      call(first, 'update_state', `deployment_flags.${key}`, String(value)),
    ),
    call(first, 'update_state', 'config.wireguard_port', config.wireguard_port),
    ...entries(state.wireguard_peers).flatMap(([host, peer]) =>
      peer.private_key
        ? [call(peer.keys_generated_at, 'update_wireguard_peer', host, peer.private_key, peer.public_key)]
        : [],
    ),
    ...entries(state.vm_states).map(([host, vm]) =>
      call(vm.last_checked, 'update_vm_state', host, vm.public_ip, vm.private_ip, vm.state),
    ),
    ...entries(state.artifacts).map(([name, { path, updated_at: at }]) =>
      call(at, 'record_artifact', name, path),
    ),
    ...events.slice(1).map((event) => eventCall(event, hosts)),
    ...entries(state.phases).flatMap(([name, { status, updated_at: at }]) =>
      status === 'in_progress' ? [call(at, 'phase_mark_in_progress', name)] : [],
    ),
    ...entries(state)
      .filter(([key]) => !OWN.has(key))
      .map(([key, value]) => call(reset ? first : last, 'update_state', key, String(value))),
  ];
}

function eventCall({ timestamp: time, action, message, phase }: Data, hosts: readonly string[]): Call {
  const words: Record<string, readonly string[]> = {
    wireguard_ips_assigned: ['assign_wireguard_ips', ...hosts],
    phase_completed: ['phase_mark_completed', phase],
    phase_skipped: ['phase_mark_skipped', phase, String(message).replace(/^.* - /, '')],
    phase_reset: ['phase_reset_from', String(message).replace(/^.*: /, '')],
  };
  return { time, rank: BODY, words: words[action] ?? ['add_event', action, message] };
}

function azureCalls(state: Data, events: readonly Data[]): Call[] {
  const first = events[0].timestamp;
  const calls = events.map(({ timestamp: time, action, message }) => ({
    ...{ time, rank: BODY, words: ['add_azure_event', action, message] },
  }));
  const isGone = state.azure_credentials_configured === false;
  return [
    ...entries({ azure_tenant_id: 'x', ...state, last_updated: undefined }).flatMap(([key, value]) =>
      value === undefined
        ? []
        : [{ time: first, rank: BODY, words: ['update_azure_state', key, String(value)] }],
    ),
    ...(isGone
      ? [{ time: state.last_updated, rank: BODY, words: ['remove_azure_state_key', 'azure_tenant_id'] }]
      : []),
    ...calls,
  ];
}

/** The calls for the four files of a folder: of `state/`, or of one in `old_deployments/`. */
function folderCalls(folder: string): Call[] {
  const state = read(join(folder, 'deployment-state.yaml'));
  const azure = read(join(folder, 'azure-state.yaml'));
  return [
    ...(state ? stateCalls(state, read(join(folder, 'deployment-events.yaml')).events) : []),
    ...(azure ? azureCalls(azure, read(join(folder, 'azure-events.yaml')).events) : []),
  ];
}

function clusterCalls(path: string): Call[] {
  const { cluster_name: name, created_at: first, events } = read(path);
  return [
    { time: first, rank: FIRST, words: ['init_cluster_events', name] },
    ...events.slice(1).map(({ timestamp: time, action, message }: Data) => ({
      ...{ time, rank: BODY, words: ['add_cluster_event', name, action, message] },
    })),
  ];
}

/** The calls by which the scripts make the files under `root`, in the order of their times. */
export function callsOf(root: string): readonly Call[] {
  const old = join(root, 'old_deployments');
  const archives = existsSync(old) ? readdirSync(old).filter((name) => ARCHIVE.test(name)) : [];
  const clusters = readdirSync(join(root, 'state')).filter((name) => name.startsWith('cluster-'));
  const history = read(join(old, 'deployment-history.yaml'))?.deployments ?? [];
  const calls = [
    ...archives.flatMap((name) => {
      const [, day, hour, minute, second, reason = ''] = ARCHIVE.exec(basename(name)) as string[];
      // The name has local time: eight hours east, where the replay runs.
      const at = new Date(`${day}T${hour}:${minute}:${second}+08:00`).toISOString().replace('.000', '');
      const words = ['archive_existing_state', reason];
      return [...folderCalls(join(old, name)), { time: at, rank: LAST, words }];
    }),
    ...folderCalls(join(root, 'state')),
    ...clusters.flatMap((name) => clusterCalls(join(root, 'state', name))),
    ...history.map(({ cluster_id: id, deployed_at: time, config_file: config, deployer }: Data) => ({
      ...{ time, rank: BODY, words: ['record_deployment_history', id, config, deployer] },
    })),
  ];
  return calls.sort((a, b) => Date.parse(a.time) - Date.parse(b.time) || a.rank - b.rank);
}

/** The script that makes these calls; it sets the clock that it is run with. */
export function scriptOf(calls: readonly Call[]): string {
  const lines = calls.map(
    ({ time, words }) => `printf %s ${Date.parse(time)} >"$CLOCK_FILE"; ${words.map(word).join(' ')}`,
  );
  return `get_deployer_identity() { DEPLOYER_IDENTITY=$whoever; }
begin() {
    whoever=$2 CONFIG_YAML=$3 AZURE_LOCATION=$4 K0S_CONTROLLER_COUNT=$5 K0S_WORKER_COUNT=$6 WG_NETWORK=$7
    init_deployment_state "$1"
}
${lines.join('\n')}
`;
}
