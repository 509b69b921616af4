import { describe, expect, it } from 'vitest';
import { formatPlan } from '../../../src/cli/render/import-plan.js';
import { readLegacyFiles } from '../../../src/sync/read/read-legacy-files.js';
import { layOut, legacyFile, MemoryRepository } from '../../sync/import-support.js';

describe('formatPlan', () => {
  it('shows what goes where, what is withheld and the sum', async () => {
    const { root } = layOut();
    const plan = await new MemoryRepository().plan(await readLegacyFiles([root]));
    expect(formatPlan(plan).join('\n')).toMatchInlineSnapshot(`
      "FILE                                      GOES TO                                           EVENTS  STATE
      state/azure-events.yaml                   deployment/k0rdent-demo0001                       1 new   -
      state/azure-state.yaml                    deployment/k0rdent-demo0001                       -       5 set
      state/cluster-Team_Demo-events.yaml       cluster/default/kcm-system/team-demo--ufcux2a5ou  3 new   -
      state/cluster-prod-eu.west-1-events.yaml  cluster/default/kcm-system/prod-eu.west-1         3 new   -
      state/deployment-events.yaml              deployment/k0rdent-demo0001                       6 new   -
      state/deployment-state.yaml               deployment/k0rdent-demo0001                       -       44 set
      state/kof-events.yaml                     deployment/k0rdent-demo0001                       1 new   -
      state/kof-state.yaml                      deployment/k0rdent-demo0001                       -       4 set

      Withheld: these look secret and are not written
        state/deployment-state.yaml: deployment.wireguard_peers.mylaptop.private_key
        state/deployment-state.yaml: deployment.wireguard_peers.k0s-controller-1.private_key

      Warnings
        state/kof-state.yaml: kof_mothership_installed of kof-state.yaml gives way to another value for kof.mothership_installed, and is kept in the event's source

      14 new events and 53 values of state, in one commit."
    `);
  });

  it('fits a terminal of 80 columns, the ends of paths kept', async () => {
    const plan = await new MemoryRepository().plan(await readLegacyFiles([layOut().root]));
    const [head, ...rows] = formatPlan(plan, 80).slice(0, 9);
    expect(head).toMatch(/^FILE +GOES TO +EVENTS {2}STATE$/);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
    expect(rows[2]).toMatch(/^….*emo-events.yaml {2}….*team-demo--ufcux2a5ou {2}3 new/);
  });

  it('shows conflicts, warnings and errors, and no control character of a file', async () => {
    const repository = new MemoryRepository();
    const state = (phase: string) =>
      legacyFile('deployment-state.yaml', `deployment_id: k0rdent-x\nphase: ${JSON.stringify(phase)}\n`);
    await repository.carryOut(await repository.plan([state('a')]));
    const file = 'deployments/k0rdent-x/state.yaml';
    repository.write(new Map([[file, (repository.files.get(file) ?? '').replace('phase: a', 'phase: r')]]));
    const files = [
      state('b\u001b[31m'),
      legacyFile('other\u001b.yaml', 'a: 1\n'),
      legacyFile('kof-events.yaml', 'events: [\n'),
    ];
    expect(formatPlan(await repository.plan(files)).join('\n')).toMatchInlineSnapshot(`
      "FILE                         GOES TO               EVENTS  STATE
      state/deployment-state.yaml  deployment/k0rdent-x  -       1 unchanged, 1 conflict
      state/other�.yaml            nothing               -       -
      state/kof-events.yaml        nothing: see below    -       -

      Conflicts: the repository holds other values (--on-conflict repository|file)
        deployment.phase: repository "r", state/deployment-state.yaml "b\\u001b[31m", last imported "a"

      Warnings
        state/other�.yaml: not a state or event file that the scripts write

      Errors (--skip-invalid leaves these out)
        state/kof-events.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ]

      Nothing is written."
    `);
  });

  it('says when there is nothing to do', async () => {
    const repository = new MemoryRepository();
    const file = legacyFile('deployment-state.yaml', 'deployment_id: k0rdent-x\n');
    await repository.carryOut(await repository.plan([file]));
    expect(formatPlan(await repository.plan([file])).at(-1)).toBe('Nothing new: the repository has it all.');
  });
});
