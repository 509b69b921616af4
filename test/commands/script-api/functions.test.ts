import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { bash } from '../../support/script-api/bash.js';
import { emptyState } from '../../support/state-repository.js';

const LIBRARY = resolve(import.meta.dirname, '../../../templates/shell/state-management.bash');
const KEY = Buffer.from('0123456789abcdef0123456789abcdeF').toString('base64');
const NO_FILE = 'error State file not found: ./state/deployment-state.yaml';
const GONE = ['info Removed deployment state file', 'info Removed deployment events file'];
/** Calls in their order, with the exit status and the output that the state library has for each. */
const CALLS: readonly (readonly [call: string, status: number, ...out: (string | RegExp)[]])[] = [
  ['get_state phase', 1],
  ['update_state a b', 1, NO_FILE],
  ['add_event a b', 0],
  ['state_file_exists', 1],
  ['phase_status create_vms', 0, 'pending'],
  ['phase_is_completed create_vms', 1],
  ['phase_is_skipped create_vms', 1],
  ['phase_needs_run create_vms', 0],
  ['check_phase_completion create_vms', 1],
  ['phase_mark_in_progress create_vms', 1, NO_FILE],
  ['record_artifact name path', 1],
  ['artifact_exists name', 1],
  ['get_vm_info vm state', 1],
  ['get_wireguard_ip a', 1],
  ['populate_wg_ips_array', 1],
  ['show_state_summary', 1, 'error No deployment state found'],
  ['get_azure_state azure_tenant_id', 0, 'null'],
  ['remove_azure_state_key azure_tenant_id', 0],
  ['archive_existing_state', 0],
  ['show_deployment_history', 0, 'info No deployment history found'],
  ['get_cluster_state_file a.b', 0, './state/cluster-a.b-state.yaml'],
  ['get_cluster_events_file a.b', 0, './state/cluster-a.b-events.yaml'],
  [
    'init_deployment_state k0rdent-f1',
    0,
    'info Initialized deployment state: ./state/deployment-state.yaml',
    'info Initialized deployment events: ./state/deployment-events.yaml',
  ],
  ['state_file_exists', 0],
  ['update_state owner.name "a b"', 0],
  ['get_state owner', 0, 'name: a b'],
  ['phase_mark_in_progress create-vms', 0],
  ['phase_status create_vms', 0, 'in_progress'],
  ['phase_needs_run create_vms', 0],
  ['phase_mark_completed create_vms', 0],
  ['phase_is_completed create-vms', 0],
  ['check_phase_completion create_vms', 0],
  ['phase_needs_run create_vms', 1],
  ['phase_mark_skipped install_azure_csi why', 0],
  ['phase_is_skipped install_azure_csi', 0],
  ['phase_needs_run install_azure_csi', 1],
  ['get_state phases.install_azure_csi.skipped_reason', 0, 'why'],
  ['phase_mark_pending create_vms', 0],
  ['phase_status create_vms', 0, 'pending'],
  ['phase_reset_from nothing', 1],
  ['phase_reset_from connect_vpn', 0],
  ['get_state phase', 0, 'connect_vpn'],
  ['phase_status install_azure_csi', 0, 'pending'],
  ['record_artifact here ./state "a note"', 0],
  ['artifact_exists here', 0],
  ['get_state artifacts.here.metadata', 0, 'a note'],
  ['record_artifact there ./nowhere', 0],
  ['artifact_exists there', 1],
  ['assign_wireguard_ips k0s-controller-1 worker', 0],
  ['get_wireguard_ip k0s-controller-1', 0, '10.0.0.11'],
  ['get_wireguard_ip nobody', 0, 'null'],
  ['get_state wireguard_peers.worker.role', 0, 'worker'],
  ['get_wireguard_public_key worker', 0, 'null'],
  [`update_wireguard_peer nobody ${KEY} pub`, 1, /^error WireGuard peer nobody not found in state\./],
  [`update_wireguard_peer worker ${KEY} pub`, 0],
  ['get_wireguard_public_key worker', 0, 'pub'],
  ['get_wireguard_private_key worker', 0, KEY],
  [`populate_wg_ips_array; echo "\${WG_IPS[mylaptop]} \${WG_IPS[worker]}"`, 0, '10.0.0.1 10.0.0.12'],
  ['update_vm_state vm-1 1.2.3.4 10.0.0.4 Creating', 0],
  ['refresh_all_vm_data', 0, 'info Refreshing VM data from Azure...', 'info VM data refreshed from Azure'],
  ['get_vm_info vm-1 state', 0, 'Succeeded'],
  ['get_vm_info vm-2 public_ip', 0],
  ['get_vm_info vm-2 private_ip', 0, '10.0.0.5'],
  ['get_vm_info vm-3 state', 0, 'null'],
  ['complete_deployment', 0],
  ['get_state status', 0, 'completed'],
  [
    'show_state_summary',
    0,
    ...['', 'info === Deployment State Summary ===', '  Deployment ID: k0rdent-f1', '  Phase: completed'],
    ...['  Status: completed', /^ {2}Created: 20..-/, '', 'info === VM States ==='],
    ...['  vm-1: Succeeded (1.2.3.4)', '  vm-2: Updating ()'],
  ],
  ['update_azure_state azure_credentials_configured true', 0],
  ['get_azure_state azure_credentials_configured', 0, 'true'],
  ['update_azure_state azure_tenant_id 1-2', 0],
  ['get_azure_state azure_tenant_id', 0, '1-2'],
  ['remove_azure_state_key azure_tenant_id', 0],
  ['get_azure_state azure_tenant_id', 0, 'null'],
  ['add_azure_event azure_credentials_configured it', 0],
  ['init_cluster_events one', 0, 'info Initialized cluster events: ./state/cluster-one-events.yaml'],
  ['add_cluster_event one made it', 0],
  ['grep -c action: state/cluster-one-events.yaml', 0, '2'],
  ['add_event own it create_vms', 0],
  ['grep -c "phase: create_vms" state/deployment-events.yaml', 0, '2'],
  ['record_deployment_history k0rdent-f1 cfg me', 0, 'info Recorded deployment in history: k0rdent-f1'],
  ['show_deployment_history', 0, '# Deployment History', /^ {2}k0rdent-f1 \| 20[^ ]+Z \| me$/],
  [
    'archive_existing_state over | sed "s/_20[0-9_-]*_/_TIME_/"',
    0,
    ...['state', 'events'].map(
      (kind) => `info Archived deployment-${kind}.yaml to ./old_deployments/k0rdent-f1_TIME_over/`,
    ),
    ...['state', 'events'].map(
      (kind) => `info Archived azure-${kind}.yaml to ./old_deployments/k0rdent-f1_TIME_over/`,
    ),
    'ok State files archived to ./old_deployments/k0rdent-f1_TIME_over/',
  ],
  ['get_state phase', 1],
  ['init_deployment_state k0rdent-f2 >/dev/null', 0],
  ['cleanup_deployment_state', 0, ...GONE, 'ok Deployment state cleanup completed'],
  ['ls state', 0, 'cluster-one-events.yaml'],
];

it('every function has the output and the exit status of the state library', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kgit-scripts-'));
  const tools = join(folder, 'tools');
  mkdirSync(tools);
  const az =
    "#!/bin/bash\nprintf 'vm-1\\t1.2.3.4\\t10.0.0.4\\tSucceeded\\nvm-2\\t\\t10.0.0.5\\tUpdating\\n'\n";
  writeFileSync(join(tools, 'az'), az);
  chmodSync(join(tools, 'az'), 0o755);
  const script = CALLS.map(
    ([call]) => `status=0; said=$(${call}) || status=$?; printf '%s\\36%s\\37' "$status" "$said"`,
  ).join('\n');
  const env = { PATH: `${tools}:${process.env['PATH']}` };
  const { code, out, err } = await bash(folder, emptyState(), script, env);
  expect([code, err]).toEqual([0, '']);
  const told = out
    .split('\x1f')
    .slice(0, -1)
    .map((part) => part.split('\x1e') as [string, string]);
  expect(told).toHaveLength(CALLS.length);
  for (const [i, [call, status, ...lines]] of CALLS.entries()) {
    const [code = '', text = ''] = told[i] ?? [];
    expect([call, Number(code)], text).toEqual([call, status]);
    const wanted = lines.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line)));
    expect(text === '' ? [] : text.split('\n'), call).toEqual(wanted);
  }
  const functions = [...readFileSync(LIBRARY, 'utf8').matchAll(/^([a-z]\w*)\(\)/gm)].map(([, name]) => name);
  const called = new Set(CALLS.map(([call]) => call.split(' ')[0]?.replace(/;$/, '')));
  expect(functions.filter((name) => !called.has(name as string))).toEqual([]);
});
