import { mkdirSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { bareRepository, cloneOf, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { PATIENCE_MS } from '../../support/patience.js';
import { bash } from '../../support/script-api/bash.js';
import { yamlFiles } from '../../support/script-api/yaml-files.js';
import { emptyState, offlineClone, stateRepository } from '../../support/state-repository.js';

const CLOCK = resolve(import.meta.dirname, '../../support/script-api/file-clock.mjs');
const checkout = () => mkdtempSync(join(tmpdir(), 'kgit-scripts-'));
const read = (folder: string, file: string) => parse(readFileSync(join(folder, file), 'utf8'));
const KEY = `${Buffer.from('0123456789abcdef0123456789abcdeE').toString('base64')}`;

it('answers and writes as the state library does', async () => {
  const [folder, repo] = [checkout(), stateRepository()];
  const { code, out, err } = await bash(
    folder,
    repo,
    `state_file_exists && echo yes || echo "no $?"
update_state a b || echo "rc $?"
init_deployment_state k0rdent-t1
assign_wireguard_ips k0s-controller-1
echo "\${WG_IPS[k0s-controller-1]}"
update_wireguard_peer k0s-controller-1 ${KEY} pub
update_state config.wireguard_port 41873
update_state k0rdent_installed true
get_state config.wireguard_port; get_state k0rdent_installed; get_state nothing; get_state config.controller_count
phase_mark_completed create-vms
phase_status create_vms
phase_mark_skipped install_azure_csi
add_event some_event 'it is "quoted": # yes' || echo lost
update_vm_state a.b 1.2.3.4 "" Succeeded
get_state vm_states
get_wireguard_private_key k0s-controller-1
phase_reset_from nope || echo "rc $?"`,
  );
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    'no 1',
    'error State file not found: ./state/deployment-state.yaml',
    'rc 1',
    'info Initialized deployment state: ./state/deployment-state.yaml',
    'info Initialized deployment events: ./state/deployment-events.yaml',
    ...['10.0.0.11', '41873', 'true', 'null', '1', 'completed'],
    ...['a:', '  b:', '    public_ip: 1.2.3.4', '    private_ip: ""', '    state: Succeeded'],
    expect.stringMatching(/^ {4}last_checked: "20/),
    KEY,
    ...['rc 1', ''],
  ]);
  const state = read(folder, 'state/deployment-state.yaml');
  expect(state).toMatchObject({
    ...{ deployment_id: 'k0rdent-t1', phase: 'create_vms', k0rdent_installed: true },
    config: { wireguard_port: '41873', wireguard_network: '10.0.0.0/24', controller_count: 1 },
    phases: {
      create_vms: { status: 'completed' },
      install_azure_csi: { skipped_reason: 'Component not enabled' },
    },
  });
  const events = read(folder, 'state/deployment-events.yaml').events as { action: string; message: string }[];
  expect(events.map(({ action }) => action)).toEqual([
    'deployment_initialized',
    'wireguard_ips_assigned',
    'phase_completed',
    'phase_skipped',
    'some_event',
  ]);
  expect(events[4]?.message).toBe('it is "quoted": # yes');
  // The files that the API wrote hold nothing that the repository lacks.
  const dry = await kgitJson(repo, ['import', folder, '--dry-run', '--namespace', 'kcm-system']);
  for (const { events: counts, state: values } of dry.files)
    expect({ new: counts.new, conflicts: values.conflicts }).toEqual({ new: 0, conflicts: 0 });
  const whole = JSON.stringify(await kgitJson(repo, ['log', '--limit', '1000']));
  expect(whole).not.toContain(KEY);
});

it('begins a deployment, and a cluster, anew under its name as the state library does: nothing old is left', async () => {
  const [folder, to, repo] = [checkout(), checkout(), emptyState()];
  const clock = join(checkout(), 'clock');
  writeFileSync(clock, '0');
  const at = (time: string, calls: string) => `printf %s ${Date.parse(time)} >"$CLOCK_FILE"; ${calls}`;
  const { code, err } = await bash(
    folder,
    repo,
    [
      at('2025-12-01T10:00:00Z', 'init_deployment_state k0rdent-t6; update_azure_state azure_tenant_id t'),
      at('2025-12-01T10:01:00Z', 'assign_wireguard_ips a; update_state kof_mothership_installed true'),
      at('2025-12-01T10:02:00Z', `update_wireguard_peer a ${KEY} pub; phase_mark_completed create_vms`),
      at('2025-12-01T10:03:00Z', 'init_cluster_events one; add_cluster_event one first it'),
      at('2025-12-01T11:00:00Z', 'init_deployment_state k0rdent-t6; init_cluster_events one'),
      at('2025-12-01T11:01:00Z', 'add_event again it; add_cluster_event one second it'),
    ].join('\n'),
    { NODE_OPTIONS: `--import=file://${CLOCK}`, CLOCK_FILE: clock },
  );
  expect([code, err]).toEqual([0, '']);
  await kgitJson(repo, ['export', '--to', to]);
  expect(yamlFiles(to)).toEqual(yamlFiles(folder));
  expect(Object.keys(yamlFiles(to))).toHaveLength(4);
  expect((await kgit(repo, ['get', 'deployment.wireguard_peers'])).code).toBe(15);
  expect((await kgit(repo, ['get', 'deployment.wireguard_peers.a.private_key'])).code).toBe(15);
  expect((await kgit(repo, ['verify'])).code).toBe(0);
});

it('loses nothing when scripts run side by side', async () => {
  const [folder, repo] = [checkout(), stateRepository()];
  await bash(folder, repo, 'init_deployment_state k0rdent-t2');
  const runs = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      bash(folder, repo, `for j in {1..10}; do add_event "step_${i}_$j" "message $j"; done`),
    ),
  );
  expect(runs.map(({ code, err }) => `${code}${err}`)).toEqual(runs.map(() => '0'));
  const events = read(folder, 'state/deployment-events.yaml').events as { action: string }[];
  const own = events.map(({ action }) => action).filter((action) => action.startsWith('step_'));
  expect(new Set(own).size).toBe(80);
  expect(own).toHaveLength(80);
  await kgit(repo, ['sync']);
  const log = await kgitJson(repo, ['log', 'deployment/k0rdent-t2', '--limit', '1000']);
  const recorded = (log.events as { action: string }[]).filter(({ action }) => action.startsWith('step_'));
  expect(recorded).toHaveLength(80);
});

it('loses nothing when scripts of two clones write the same files, one of them by a link', async () => {
  const remote = bareRepository();
  const one = temporaryFolder();
  await kgitJson('.', ['init', one, '--remote', remote]);
  const [folder, link] = [checkout(), join(checkout(), 'link')];
  symlinkSync(folder, link);
  await bash(folder, one, 'init_deployment_state k0rdent-t5');
  await kgitJson(one, ['sync']);
  const clones = [one, cloneOf(remote)];
  const runs = await Promise.all(
    [0, 1, 2, 3].map((i) =>
      bash(
        i % 2 === 0 ? folder : link,
        clones[i % 2] as string,
        `for j in {1..6}; do update_state "own.k\${j}_${i}" "$j"; add_event "step_${i}_$j" it; done`,
      ),
    ),
  );
  expect(runs.map(({ code, err }) => `${code}${err}`)).toEqual(['0', '0', '0', '0']);
  const events = read(folder, 'state/deployment-events.yaml').events as { action: string }[];
  const own = events.map(({ action }) => action).filter((action) => action.startsWith('step_'));
  expect([own.length, new Set(own).size]).toEqual([24, 24]);
  expect(Object.keys(read(folder, 'state/deployment-state.yaml').own)).toHaveLength(24);
  for (const clone of clones) await kgitJson(clone, ['sync']);
  const log = await kgitJson(one, ['log', 'deployment/k0rdent-t5', '--fetch', '--action', 'step_0_1']);
  expect(log.events).toHaveLength(1);
  const { value } = await kgitJson(one, ['get', 'deployment.own']);
  expect(Object.keys(value)).toHaveLength(24);
});

it('adds to a mapping that is new in the file, and takes nothing from what another clone published in it', async () => {
  const remote = bareRepository();
  const one = temporaryFolder();
  await kgitJson('.', ['init', one, '--remote', remote]);
  const folder = checkout();
  await bash(folder, one, 'init_deployment_state k0rdent-t6');
  await kgitJson(one, ['sync']);
  const two = cloneOf(remote);
  renameSync(remote, `${remote}.away`);
  expect(await bash(folder, two, 'update_state own.first.a 1')).toMatchObject({ code: 0, err: '' });
  renameSync(`${remote}.away`, remote);
  expect(await bash(folder, one, 'update_state own.first.b 2')).toMatchObject({ code: 0, err: '' });
  for (const clone of [one, two, one]) await kgitJson(clone, ['sync']);
  const { value } = await kgitJson(one, ['get', 'deployment.own']);
  expect(value).toEqual({ first: { a: '1', b: '2' } });
});

it('keeps what it wrote when the network is away, and says so to nobody', async () => {
  const [folder, repo] = [checkout(), offlineClone()];
  const { code, err } = await bash(folder, repo, 'init_deployment_state k0rdent-t3\nadd_event a b');
  expect([code, err]).toEqual([0, '']);
  const { operations } = await kgitJson(repo, ['outbox']);
  expect(operations).toHaveLength(2);
});

it('says on stderr why it cannot work without a state repository', async () => {
  const folder = checkout();
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, 'state/deployment-state.yaml'), 'deployment_id: x\n');
  const { code, err } = await bash(folder, folder, 'get_state deployment_id');
  expect(code).toBe(10);
  expect(err).toMatch(/^kgit: /);
});

it('has a helper that ends with the script', async () => {
  const { out } = await bash(
    checkout(),
    stateRepository(),
    'init_deployment_state k0rdent-t9 >&2; read -r pid _ <"$__kgit_folder/pid"; echo "$pid"',
  );
  const helper = Number(out);
  expect(helper).toBeGreaterThan(1);
  await vi.waitFor(() => expect(() => process.kill(helper, 0)).toThrow('ESRCH'), { timeout: PATIENCE_MS });
});
