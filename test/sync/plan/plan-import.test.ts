import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fold } from '../../../src/model/state/apply.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { refusalOf } from '../../../src/sync/plan/import-plan.js';
import { readLegacyFiles } from '../../../src/sync/read/read-legacy-files.js';
import { eventFile, layOut, legacyFile, MemoryRepository } from '../import-support.js';

const STATE = 'deployments/k0rdent-demo0001/state.yaml';
const SUBJECT = 'deployment/k0rdent-demo0001';

async function imported() {
  const { root, keys } = layOut();
  const files = await readLegacyFiles([root]);
  const repository = new MemoryRepository();
  const plan = await repository.plan(files);
  return { root, keys, files, repository, plan };
}

describe('planImport', () => {
  it('brings a whole state folder in as one operation', async () => {
    const { repository, plan } = await imported();
    expect(refusalOf(plan)).toBeNull();
    expect(plan.parts.map(({ deployment }) => deployment)).toEqual(['k0rdent-demo0001']);
    expect(plan.files.map(({ path, family, events }) => [path, family, events.new])).toEqual([
      ['state/azure-events.yaml', 'azure-events', 1],
      ['state/azure-state.yaml', 'azure-state', 0],
      ['state/cluster-Team_Demo-events.yaml', 'cluster-events', 3],
      ['state/cluster-prod-eu.west-1-events.yaml', 'cluster-events', 3],
      ['state/deployment-events.yaml', 'deployment-events', 6],
      ['state/deployment-state.yaml', 'deployment-state', 0],
      ['state/kof-events.yaml', 'kof-events', 1],
      ['state/kof-state.yaml', 'kof-state', 0],
    ]);
    expect(await repository.carryOut(plan)).toEqual(['commit']);
    const state = parseState(repository.files.get(STATE) ?? '', STATE);
    expect(Object.keys(state)).toEqual(['deployment', 'azure', 'kof', 'aws']);
    expect(state).toMatchObject({
      deployment: {
        phase: 'install_kof_mothership',
        config: { worker_count: null, wireguard_port: '41873' },
        vm_states: { 'node.example.com': { public_ip: '', state: 'Creating' } },
        artifacts: {},
        deployment_end_time: '2025-12-10 09:20:00 CET',
      },
      azure: { rg_status: 'created', credentials_configured: true, last_updated: '2025-12-10T08:13:00Z' },
      kof: { mothership_version: '1.5.0', mothership_installed: true, enabled: true },
      aws: { account_id: '123456789012' },
    });
  });

  it('keeps the order of the file, and equal entries as events of their own', async () => {
    const { repository, plan } = await imported();
    await repository.carryOut(plan);
    const events = repository
      .events(SUBJECT)
      .filter(({ source }) => source?.['imported_from'] === 'deployment-events');
    expect(events.map(({ action, source }) => [source?.['index'], action])).toEqual([
      [0, 'deployment_initialized'],
      [1, 'deployment_started'],
      [2, 'phase_completed'],
      [3, 'phase_completed'],
      [4, 'vm_creation_started'],
      [5, 'phase_skipped'],
    ]);
    expect(events[4]?.message).toBe('Started creating VM: k0s-controller-1\n(PID: 48211, attempt 0)');
    expect(events[5]?.phase).toBe('install_kof_regional');
  });

  it('has nothing new to plan once it was carried out', async () => {
    const { files, repository, plan } = await imported();
    await repository.carryOut(plan);
    const again = await repository.plan(files);
    expect(again.parts).toEqual([]);
    expect(again.conflicts).toEqual([]);
    for (const { events, state } of again.files) {
      expect(events).toEqual({ found: events.found, new: 0, duplicate: events.found });
      expect(state.set).toBe(0);
    }
    // The same plan carried out twice, as when two people import at once, adds nothing either.
    const before = new Map(repository.files);
    await expect(
      repository.carryOut({ ...plan, parts: plan.parts.map((part) => ({ ...part, state: null })) }),
    ).resolves.toEqual(['present']);
    expect(repository.files).toEqual(before);
  });

  it('leaves a state document that its events fold to', async () => {
    const { repository, plan } = await imported();
    await repository.carryOut(plan);
    expect(fold(repository.events(SUBJECT))).toEqual(parseState(repository.files.get(STATE) ?? '', STATE));
  });

  it('withholds private keys, says where they were, and writes them nowhere', async () => {
    const { keys, repository, plan } = await imported();
    await repository.carryOut(plan);
    const row = plan.files.find(({ family }) => family === 'deployment-state');
    expect(row?.withheld).toEqual([
      'deployment.wireguard_peers.mylaptop.private_key',
      'deployment.wireguard_peers.k0s-controller-1.private_key',
    ]);
    expect(keys).toHaveLength(2);
    const everything = JSON.stringify(plan) + [...repository.files.values()].join('');
    for (const key of keys) expect(everything).not.toContain(key);
  });

  it('takes the newer of two claims to one path and keeps the other in the source', async () => {
    const { plan, repository } = await imported();
    const row = plan.files.find(({ family }) => family === 'kof-state');
    expect(row?.warnings.join()).toContain('kof_mothership_installed of kof-state.yaml gives way');
    await repository.carryOut(plan);
    const event = repository.events(SUBJECT).at(-1);
    expect(event).toMatchObject({
      action: 'state_imported',
      user: 'dev',
      source: {
        imported_from: ['deployment-state', 'azure-state', 'kof-state'],
        displaced: [
          {
            path: 'kof.mothership_installed',
            family: 'kof-state',
            key: 'kof_mothership_installed',
            value: false,
          },
        ],
      },
    });
  });

  it('keeps a name outside the rule as a slug with its original, and marks a dry run', async () => {
    const { repository, plan } = await imported();
    await repository.carryOut(plan);
    const slugged = plan.files.find(({ path }) => path.includes('Team_Demo'))?.subject ?? '';
    expect(slugged).toMatch(/^cluster\/default\/kcm-system\/team-demo--[a-z2-7]{10}$/);
    const events = repository.events(slugged);
    expect(events.map(({ source }) => source?.['name'])).toEqual(['Team_Demo', 'Team_Demo', 'Team_Demo']);
    expect(events.map(({ parameters }) => parameters)).toEqual([
      undefined,
      { dry_run: true },
      { dry_run: true },
    ]);
    expect(events[1]?.source?.['derived']).toEqual(['parameters.dry_run']);
    for (const { parameters } of repository.events('cluster/default/kcm-system/prod-eu.west-1')) {
      expect(parameters).toBeUndefined();
    }
  });

  it('adds what a file that has grown says, and takes its later last_updated', async () => {
    const { root, repository, plan } = await imported();
    await repository.carryOut(plan);
    for (const name of ['deployment-events.yaml', 'deployment-state.yaml']) {
      const file = join(root, 'state', name);
      const text = readFileSync(file, 'utf8').replace(
        /^last_updated: .*$/m,
        'last_updated: "2025-12-10T09:00:00Z"',
      );
      const more = '  - timestamp: "2025-12-10T08:20:00Z"\n    action: vpn_connected\n    message: again\n';
      writeFileSync(file, name === 'deployment-events.yaml' ? text + more : text);
    }
    const grown = await repository.plan(await readLegacyFiles([root]));
    expect(refusalOf(grown)).toBeNull();
    expect(grown.parts).toHaveLength(1);
    expect(grown.parts[0]?.events.map(({ event }) => event.action)).toEqual(['vpn_connected']);
    expect(grown.parts[0]?.state?.edits).toEqual([
      { op: 'set', path: ['deployment', 'last_updated'], value: '2025-12-10T09:00:00Z' },
    ]);
    await repository.carryOut(grown);
    expect(repository.events(SUBJECT).filter(({ source }) => source?.['index'] === 6)).toHaveLength(1);
  });

  it('makes one operation for each deployment, clusters with the one that they lie beside', async () => {
    const entry = { timestamp: '2025-12-04T01:00:00Z', action: 'a' };
    const cluster = (folder: string) =>
      legacyFile('cluster-c-events.yaml', JSON.stringify({ events: [entry] }), folder);
    const plan = await new MemoryRepository().plan([
      eventFile([entry], 'deployment-events.yaml', 'one'),
      { ...eventFile([entry], 'deployment-events.yaml', 'two'), folder: 'b' },
      cluster('b'),
      { ...cluster('c'), path: 'c/cluster-d-events.yaml' },
    ]);
    expect(plan.parts.map(({ deployment, events }) => [deployment, events.length])).toEqual([
      ['one', 1],
      ['two', 2],
      [null, 1],
    ]);
  });

  it('reads a file that was copied twice once', async () => {
    const entry = { timestamp: '2025-12-04T01:00:00Z', action: 'a' };
    const copy = { ...eventFile([entry, entry]), folder: 'b', path: 'b/deployment-events.yaml' };
    const { files } = await new MemoryRepository().plan([eventFile([entry, entry]), copy]);
    expect(files.map(({ events }) => events)).toEqual([
      { found: 2, new: 2, duplicate: 0 },
      { found: 2, new: 0, duplicate: 2 },
    ]);
  });
});
