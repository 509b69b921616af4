import { describe, expect, it } from 'vitest';
import { fold } from '../../../src/model/state/apply.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { phaseEvidence } from '../../../src/sync/parse/phase-evidence.js';
import { refusalOf } from '../../../src/sync/plan/import-plan.js';
import type { LegacyFile } from '../../../src/sync/read/read-legacy-files.js';
import { legacyFile, MemoryRepository } from '../import-support.js';

const json = (value: unknown) => JSON.stringify(value);
const at = (second: number) => `2025-12-04T01:00:${String(second).padStart(2, '0')}Z`;
const event = (second: number, action: string, message = 'm') => ({ timestamp: at(second), action, message });

/** Imports the files twice: the second time there must be nothing new. */
async function imported(files: readonly LegacyFile[], settings = {}) {
  const repository = new MemoryRepository();
  const plan = await repository.plan(files, 'fail', settings);
  expect(refusalOf(plan)).toBeNull();
  await repository.carryOut(plan);
  const again = await repository.plan(files, 'fail', settings);
  expect(again.parts).toEqual([]);
  const state = (id: string) => {
    const path = `deployments/${id}/state.yaml`;
    const value = parseState(repository.files.get(path) ?? '', path);
    expect(fold(repository.events(`deployment/${id}`))).toEqual(value);
    return value;
  };
  return { repository, plan, state };
}

describe('every shape of the scripts', () => {
  it('state with its events embedded, every value a text', async () => {
    const text = json({
      deployment_id: 'x',
      wg_vpn_connected: 'true',
      vm_states: '{}',
      events: [event(1, 'a')],
    });
    const { repository, state } = await imported([legacyFile('deployment-state.yaml', text, '.')]);
    expect(state('x')).toEqual({
      deployment: { deployment_id: 'x', wg_vpn_connected: 'true', vm_states: '{}' },
    });
    expect(repository.events('deployment/x').map(({ action }) => action)).toEqual(['a', 'state_imported']);
  });

  it('archives: events once, the newest state as state, the others as events', async () => {
    const flat = (time: string, reason: string, second: number, entries: unknown[]) => [
      legacyFile(
        `x_${time}_${reason}.yaml`,
        json({ deployment_id: 'x', phase: reason, last_updated: at(second) }),
        'old',
      ),
      legacyFile(`x_${time}_${reason}_events.yaml`, json({ deployment_id: 'x', events: entries }), 'old'),
    ];
    const { repository, state } = await imported([
      ...flat('20250608_184228', 'completed', 1, [event(1, 'a')]),
      ...flat('20250608_195014', 'reset', 2, [event(1, 'a'), event(2, 'b')]),
    ]);
    expect(state('x')).toMatchObject({ deployment: { phase: 'reset' } });
    const events = repository.events('deployment/x');
    expect(events.map(({ action }) => action).sort()).toEqual(
      ['a', 'b', 'deployment_archived', 'deployment_archived', 'state_imported'].sort(),
    );
    const [first] = events.filter(({ reason }) => reason === 'completed');
    expect(first?.parameters).toMatchObject({
      archive: 'x_20250608_184228_completed',
      state: { phase: 'completed' },
    });
  });

  it("an archive's folder without an id names its deployment by the files in it", async () => {
    const folder = 'old_deployments/null_2025-07-30_18-00-00_deployment';
    const { plan } = await imported(
      [
        legacyFile('deployment-events.yaml', json({ deployment_id: 'y', events: [event(1, 'a')] }), folder),
        legacyFile('azure-state.yaml', json({ azure_credentials_configured: true }), folder),
        legacyFile('deployment-state.yaml', json({ deployment_id: 'live' })),
      ],
      { deployment: 'live' },
    );
    expect(plan.files.map(({ subject }) => subject)).toEqual([
      'deployment/y',
      'deployment/y',
      'deployment/live',
    ]);
  });

  it("a cluster's state file as the event of what was recorded, in the namespace that it tells", async () => {
    const text = (updated: string) =>
      json({
        cluster_name: 'c',
        created_at: at(1),
        last_updated: updated,
        cluster_status: true,
        template: 't',
        kubernetes_namespace: 'team-a',
      });
    const events = legacyFile('cluster-c-events.yaml', json({ cluster_name: 'c', events: [event(3, 'a')] }));
    const { repository, plan } = await imported([legacyFile('cluster-c-state.yaml', text(at(2))), events]);
    expect(plan.files.map(({ subject }) => subject)).toEqual(Array(2).fill('cluster/default/team-a/c'));
    const [recorded] = repository.events('cluster/default/team-a/c');
    expect(recorded).toMatchObject({
      action: 'cluster_state_recorded',
      timestamp: at(1),
      parameters: { cluster_status: true, template: 't' },
    });
    expect([...repository.files.keys()].filter((path) => path.endsWith('state.yaml'))).toEqual([]);
    const moved = await repository.plan([legacyFile('cluster-c-state.yaml', text(at(9))), events]);
    expect(moved.parts).toEqual([]);
  });

  it('the history as the events of who ran which deployment', async () => {
    const rows = [
      { cluster_id: 'x', deployed_at: at(1), config_file: 'c', deployer: 'ada' },
      { cluster_id: 'y', deployed_at: at(2), config_file: 'unknown', deployer: 'unknown' },
      { cluster_id: 'x', deployed_at: at(3), config_file: 'c', deployer: 'ada' },
    ];
    const { repository } = await imported([
      legacyFile('deployment-history.yaml', json({ deployments: rows })),
    ]);
    const events = repository.events('deployment/x');
    expect(events).toMatchObject([
      { action: 'deployment_invoked', user: 'ada', timestamp: at(1), source: { index: 0 } },
      { action: 'deployment_invoked', user: 'ada', timestamp: at(3), source: { index: 2 } },
    ]);
    expect(repository.events('deployment/y')[0]).not.toHaveProperty('user');
  });

  it('the lists and markers of before there was a state file, and them alone', async () => {
    const head = 'resource_type,resource_name,resource_group,location,additional_info';
    const files = [
      legacyFile('.project-suffix', 'abc\n', 'root'),
      legacyFile('azure-resource-manifest.csv', `${head}\nssh_key,k,g,l,\n`, 'root/azure-resources'),
      legacyFile(
        'wg-key-manifest.csv',
        'hostname,wireguard_ip,private_key,public_key\nh,10.0.0.1,SECRET,pub\n',
        'root/wg-keys',
      ),
      legacyFile('wireguard-port.txt', '41873\n', 'root/wireguard'),
      legacyFile('.vpn-setup-complete', 'cli\n', 'root/wireguard'),
    ];
    const { state, repository } = await imported(files);
    expect(state('k0rdent-abc')).toEqual({
      deployment: {
        deployment_id: 'k0rdent-abc',
        wireguard_peers: { h: { ip: '10.0.0.1', public_key: 'pub' } },
        config: { wireguard_port: '41873' },
        wg_setup_method: 'cli',
      },
      azure: {
        resource_manifest: [
          {
            resource_type: 'ssh_key',
            resource_name: 'k',
            resource_group: 'g',
            location: 'l',
            additional_info: '',
          },
        ],
      },
    });
    expect([...repository.files.values()].join()).not.toContain('SECRET');
    const later = legacyFile('deployment-state.yaml', json({ deployment_id: 'x' }), 'root/state');
    const { plan } = await imported([...files, later]);
    expect(plan.files.map(({ subject }) => subject)).toEqual([null, null, null, null, null, 'deployment/x']);
  });
});

describe('phases that the scripts wrote wrongly', () => {
  const pending = (...names: string[]) =>
    Object.fromEntries(names.map((name) => [name, { status: 'pending', updated_at: at(1) }]));

  it('give way to events and booleans, and the report says so', async () => {
    const state = {
      deployment_id: 'x',
      k0s_cluster_deployed: true,
      phases: pending('create_vms', 'install_k0s', 'install_k0rdent', 'install_kof_regional'),
    };
    const entries = [event(1, 'phase_completed', 'Phase completed: create_vms')];
    const { plan, state: read } = await imported([
      legacyFile('deployment-state.yaml', json(state)),
      legacyFile('deployment-events.yaml', json({ deployment_id: 'x', events: entries })),
    ]);
    const { phases } = read('x')['deployment'] as { phases: Record<string, { status: string }> };
    expect(Object.values(phases).map(({ status }) => status)).toEqual([
      'completed',
      'completed',
      'pending',
      'pending',
    ]);
    expect(plan.files[0]?.warnings).toHaveLength(2);
    expect(plan.files[0]?.warnings.join()).toContain(
      'deployment.phases.create_vms.status is pending in the file',
    );
  });

  it('stay where a reset says that they are pending', () => {
    const entries = [
      event(1, 'phase_completed', 'Phase completed: create_vms'),
      event(2, 'phase_reset', 'Phase reset invoked from: setup_network'),
    ];
    const data = { k0s_cluster_deployed: true, phases: pending('create_vms', 'install_k0s') };
    expect(phaseEvidence(data, entries)).toEqual([]);
  });
});
