import { describe, expect, it } from 'vitest';
import { fold } from '../../../src/model/state/apply.js';
import { parseState } from '../../../src/model/state/state-document.js';
import type { Value } from '../../../src/model/value/value.js';
import { refusalOf } from '../../../src/sync/plan/import-plan.js';
import type { LegacyFile } from '../../../src/sync/read/read-legacy-files.js';
import { eventFile, legacyFile, MemoryRepository } from '../import-support.js';

const HEAD = 'deployment_id: x\n';
const state = (text: string, folder?: string) => legacyFile('deployment-state.yaml', HEAD + text, folder);
const events = (...entries: string[]) =>
  legacyFile(
    'deployment-events.yaml',
    `${HEAD}events:\n${entries.map((entry) => `  - {${entry}}\n`).join('')}`,
  );
const entry = (second: number, action: string, message = 'm') =>
  `timestamp: "2025-12-04T01:00:0${second}Z", action: ${action}, message: "${message}"`;

async function imported(files: readonly LegacyFile[], settings = {}) {
  const repository = new MemoryRepository();
  const plan = await repository.plan(files, 'fail', settings);
  expect(refusalOf(plan)).toBeNull();
  await repository.carryOut(plan);
  expect((await repository.plan(files, 'fail', settings)).parts).toEqual([]);
  const path = 'deployments/x/state.yaml';
  const all = parseState(repository.files.get(path) ?? '', path) as Record<string, Record<string, Value>>;
  const own = repository.events('deployment/x');
  expect(fold(own)).toEqual(all);
  const list = own.filter(({ action }) => action !== 'state_imported');
  return {
    plan,
    all,
    deployment: all['deployment'] ?? {},
    list,
    warnings: plan.files.flatMap((file) => file.warnings),
  };
}

describe('what an importer must survive', () => {
  it('1. phases that were written wrongly: events and truth values outrank them, and the report says so', async () => {
    const phases = ['setup_network', 'create_vms', 'install_kof_regional']
      .map((name) => `  ${name}: {status: pending, updated_at: "2025-12-04T01:00:00Z"}\n`)
      .join('');
    const { deployment, warnings } = await imported([
      state(`azure_network_status: created\nphases:\n${phases}`),
      events(entry(1, 'phase_completed', 'Phase completed: create_vms')),
    ]);
    expect(deployment['phases']).toMatchObject({
      setup_network: { status: 'completed' },
      create_vms: { status: 'completed' },
      install_kof_regional: { status: 'pending' },
    });
    for (const name of ['setup_network', 'create_vms'])
      expect(warnings.join('\n')).toContain(`deployment.phases.${name}.status is pending in the file`);
  });

  it('2. two sets of flags: both are kept, and named where they differ', async () => {
    const { deployment, warnings } = await imported([
      state(
        'deployment_flags_azure_children: true\ndeployment_flags_kof: false\ndeployment_flags: {azure_children: false, kof: false}\n',
      ),
    ]);
    expect(deployment).toMatchObject({
      deployment_flags_azure_children: true,
      deployment_flags: { azure_children: false, kof: false },
    });
    expect(warnings).toEqual([expect.stringContaining('deployment_flags_azure_children and')]);
  });

  it('3. types that vary: each value is kept as it was written', async () => {
    const { deployment } = await imported([
      state(
        `wg_keys_generated: "true"\nvm_states: '{}'\nwireguard_port: "41873"\nworker_count: null\nv: 1.5.0\nw: "1.10"\nstart: 2025-07-18 17:12:30 +08\nday: 2025-07-18\noctal: 0o17\nyes_no: yes\n`,
      ),
    ]);
    expect(deployment).toEqual({
      deployment_id: 'x',
      wg_keys_generated: 'true',
      vm_states: '{}',
      wireguard_port: '41873',
      worker_count: null,
      v: '1.5.0',
      w: '1.10',
      start: '2025-07-18 17:12:30 +08',
      day: '2025-07-18',
      octal: '0o17',
      yes_no: 'yes',
    });
  });

  it('4. duplicates: equal events stay, in the order of the file', async () => {
    const same = entry(1, 'phase_completed', 'Phase completed: create_vms');
    const { list } = await imported([events(entry(1, 'b'), same, same, entry(1, 'a'), same)]);
    const phase = 'phase_completed';
    expect(list.map(({ action }) => action)).toEqual(['b', phase, phase, 'a', phase]);
    expect(new Set(list.map(({ id }) => id)).size).toBe(5);
  });

  it('5. shifted rows of machines, lists of addresses, dots in names: kept as they are, a shift is named', async () => {
    const vms = {
      a: { public_ip: '10.0.1.5', private_ip: 'Updating', state: '' },
      b: { public_ip: '192.0.2.1,192.0.2.2', private_ip: '10.0.1.6', state: 'Succeeded' },
      node: { example: { com: { public_ip: '', private_ip: '', state: 'Creating' } } },
    };
    const { deployment, warnings } = await imported([state(`vm_states: ${JSON.stringify(vms)}\n`)]);
    expect(deployment['vm_states']).toEqual(vms);
    expect(warnings).toEqual(['vm_states of a: the state stands as the private IP']);
  });

  it('6. forged and mangled events: imported as they are, in their place in time', async () => {
    const forged =
      'timestamp: "1970-01-01T00:00:00Z", action: forged, message: m, id: own, source: mine, changes: 7';
    const { list } = await imported([
      events(
        entry(1, 'first'),
        forged,
        'timestamp: "2025-12-04T01:00:02Z", action: "Not A Word", message: "a\\nb \\U0001F389"',
      ),
    ]);
    expect(list.map(({ action }) => action)).toEqual(['forged', 'first', 'not-a-word']);
    expect(list[0]).toMatchObject({ source: { fields: { id: 'own', source: 'mine', changes: 7 } } });
    expect(list[0]?.changes).toBeUndefined();
    expect(list[2]).toMatchObject({ message: 'a\nb 🎉', source: { action: 'Not A Word' } });
  });

  it.each([
    ['a backslash in a quoted path', state('source_config_file: "C:\\config"\n')],
    ['a colon in a plain text', legacyFile('deployment-events.yaml', `${HEAD}events:\n  - message: a: b\n`)],
  ])(
    '7. unparsable from birth, %s: a finding with its place; the files beside it are imported',
    async (_kind, broken) => {
      const good = legacyFile('cluster-c-events.yaml', `cluster_name: c\nevents:\n  - {${entry(1, 'a')}}\n`);
      const refused = await new MemoryRepository().plan([broken, good]);
      expect(refusalOf(refused)?.message).toMatch(/^state\/deployment-(state|events)\.yaml:\d+:\d+: /);
      const rest = await new MemoryRepository().plan([broken, good], 'fail', { skipInvalid: true });
      expect(rest.parts.flatMap((part) => part.events)).toHaveLength(1);
    },
  );

  it.each([
    ['0 bytes', ''],
    ['comments alone', '# Auto-generated\n'],
    ['a list of nothing', `${HEAD}events:\n`],
    ['an empty list', `${HEAD}events: []\n`],
  ])('8. empty or partial, %s: no event, no error', async (_kind, text) => {
    const { list, deployment } = await imported([
      legacyFile('deployment-events.yaml', text),
      state('phase: a\n'),
    ]);
    expect(list).toEqual([]);
    expect(deployment['phase']).toBe('a');
  });

  it('8. partial, rewritten to what the scripts set next: nothing of the state is taken away', async () => {
    const repository = new MemoryRepository();
    await repository.carryOut(await repository.plan([state('phase: a\nstatus: b\n')]));
    const remnant = legacyFile('deployment-state.yaml', 'last_updated: "2025-12-05T01:00:00Z"\n');
    const plan = await repository.plan([remnant], 'fail', { deployment: 'x' });
    await repository.carryOut(plan);
    const path = 'deployments/x/state.yaml';
    expect(parseState(repository.files.get(path) ?? '', path)['deployment']).toMatchObject({
      phase: 'a',
      status: 'b',
    });
  });

  it.each(['2025-12-04T01:00:00', '2025-12-04 01:00:00 CST', '', 'null', '1764810300'])(
    '9. times without a zone that is known: %j is no time of an event, and is told with its line',
    async (time) => {
      const bad = legacyFile(
        'deployment-events.yaml',
        `${HEAD}events:\n  - timestamp: ${time}\n    action: a\n`,
      );
      const refused = await new MemoryRepository().plan([bad]);
      expect(refused.files[0]?.error).toMatchObject({
        line: 3,
        message: expect.stringContaining('timestamp'),
      });
    },
  );

  it('9. times with an offset are the same moment; local times in the state stay texts', async () => {
    const { list, deployment } = await imported([
      events('timestamp: "2025-12-04T09:00:00+08:00", action: a, message: m'),
      state('deployment_end_time: 2025-07-18 17:12:30 CST\n'),
    ]);
    expect(list[0]).toMatchObject({
      timestamp: '2025-12-04T01:00:00Z',
      source: { timestamp: '2025-12-04T09:00:00+08:00' },
    });
    expect(deployment['deployment_end_time']).toBe('2025-07-18 17:12:30 CST');
  });

  it.each([
    ['tabs', 'config:\n\ta: 1\n'],
    ['git markers', '<<<<<<< HEAD\nphase: a\n=======\n'],
  ])('10. damage by hand, %s: a finding with its place', async (_kind, text) => {
    const refused = await new MemoryRepository().plan([state(text)]);
    expect(refused.files[0]?.error).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
  });

  it('10. damage by hand that yq reads: read as yq reads it, and told with its line', async () => {
    const { deployment, warnings } = await imported([
      state(
        'phase: a\nphase: b\ntag: !x 1\nv: 1.10\nx: &x {k: v, l: w}\ny:\n  <<: *x\n  l: own\nkeys: {"": a, null: b}\n---\nphase: c\n',
      ),
    ]);
    expect(deployment).toMatchObject({ phase: 'b', tag: '1', v: '1.10', y: { k: 'v', l: 'own' } });
    expect(deployment['keys']).toEqual({ '': 'a', null: 'b' });
    expect(warnings).toEqual([
      'line 3: the key "phase" is there a second time: the last one counts',
      'line 11: a further document begins: the first one alone is read',
      'line 5: the number v is kept as it is spelled, as text',
    ]);
  });

  it('10. hand-made, and sound: CRLF, anchors, a key called __proto__', async () => {
    const text = 'a: &a {b: 1}\nc: *a\n__proto__: {polluted: true}\n'.replaceAll('\n', '\r\n');
    const { deployment } = await imported([state(text)]);
    expect(deployment).toMatchObject({ a: { b: 1 }, c: { b: 1 } });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.hasOwn(deployment, '__proto__')).toBe(true);
  });

  it('11. formatting: every form of a list gives the same events', async () => {
    const flow = events(entry(1, 'a', 'it is'));
    const block = legacyFile(
      'deployment-events.yaml',
      `# Auto-generated\n\n${HEAD}events:\n- timestamp: '2025-12-04T01:00:01Z'\n  action: "a"\n  message: it is # c\n`,
    );
    const [one, two] = [await imported([flow]), await imported([block])];
    expect(one.list).toHaveLength(1);
    expect(two.list).toEqual(one.list);
  });

  it('12. files that name no deployment: the one beside them; those that are older than it are named', async () => {
    const azure = legacyFile(
      'azure-state.yaml',
      'azure_client_id: a\nlast_updated: "2025-01-01T00:00:00Z"\n',
    );
    const { all, warnings } = await imported([state('created_at: "2025-12-04T01:00:00Z"\n'), azure]);
    expect(all['azure']).toMatchObject({ client_id: 'a' });
    expect(warnings.join()).toContain('older than the deployment');
  });
});

it('an archived state does not take the place of one that is half written', async () => {
  const repository = new MemoryRepository();
  const live = 'deployment_id: dep-x\nphase: install_k0s\nlast_updated: "2025-12-02T00:00:00Z"\n';
  const old = 'deployment_id: dep-x\nphase: reset\ngone: true\nlast_updated: "2025-12-01T00:00:00Z"\n';
  const log = eventFile([], 'deployment-events.yaml', 'dep-x');
  const archive = legacyFile('dep-x_20251201_000000_reset.yaml', old, 'old_deployments');
  const other = legacyFile(
    'dep-y_20251101_000000_reset.yaml',
    old.replace('dep-x', 'dep-y'),
    'old_deployments',
  );
  await repository.carryOut(await repository.plan([legacyFile('deployment-state.yaml', live), log]));
  const cut = legacyFile('deployment-state.yaml', `${live}config: {`);
  const settings = { skipInvalid: true };
  const plan = await repository.plan([cut, log, archive, other], 'repository', settings);
  expect(plan.parts.map(({ deployment, state }) => [deployment, state !== null])).toEqual([
    ['dep-x', false],
    ['dep-y', true],
  ]);
  const nameless = await repository.plan([cut, archive, other], 'repository', settings);
  expect(nameless.parts.map(({ state }) => state)).toEqual([null, null]);
});
