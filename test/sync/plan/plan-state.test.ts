import { describe, expect, it } from 'vitest';
import { ConflictError } from '../../../src/errors.js';
import { parseState } from '../../../src/model/state/state-document.js';
import { refusalOf } from '../../../src/sync/plan/import-plan.js';
import { legacyFile, MemoryRepository } from '../import-support.js';

describe('where the repository holds other values', () => {
  const first = legacyFile(
    'deployment-state.yaml',
    'deployment_id: k0rdent-x\nphase: a\nconfig: {port: 1, host: h}\n',
  );
  const second = legacyFile(
    'deployment-state.yaml',
    'deployment_id: k0rdent-x\nphase: b\nconfig: {port: 2, host: h, extra: e}\nkof_new: 1\n',
  );
  const file = 'deployments/k0rdent-x/state.yaml';

  /** The first file imported, and then changed in the repository, as `kgit set` does. */
  async function diverged() {
    const repository = new MemoryRepository();
    await repository.carryOut(await repository.plan([first]));
    const text = repository.files.get(file) ?? '';
    repository.write(new Map([[file, text.replace('phase: a', 'phase: r').replace('port: 1', 'port: 9')]]));
    return repository;
  }

  async function carriedOut(rule: 'repository' | 'file') {
    const repository = await diverged();
    const plan = await repository.plan([second], rule);
    expect(refusalOf(plan)).toBeNull();
    await repository.carryOut(plan);
    const again = await repository.plan([second], rule);
    expect(again.parts).toEqual([]);
    return { plan, state: parseState(repository.files.get(file) ?? '', file) };
  }

  it('refuses by default, with all values by path', async () => {
    const repository = await diverged();
    const plan = await repository.plan([second]);
    expect(plan.files[0]?.state).toEqual({ set: 2, unchanged: 2, conflicts: 2 });
    const refusal = refusalOf(plan);
    expect(refusal).toBeInstanceOf(ConflictError);
    expect(refusal?.data['conflicts']).toEqual([
      {
        deployment: 'k0rdent-x',
        path: 'deployment.phase',
        base: 'a',
        repository: 'r',
        file: 'b',
        from: 'state/deployment-state.yaml',
      },
      {
        deployment: 'k0rdent-x',
        path: 'deployment.config.port',
        base: 1,
        repository: 9,
        file: 2,
        from: 'state/deployment-state.yaml',
      },
    ]);
  });

  it("keeps the repository's under 'repository', and adds what is new", async () => {
    const { state } = await carriedOut('repository');
    expect(state).toMatchObject({
      deployment: { phase: 'r', config: { port: 9, host: 'h', extra: 'e' } },
      kof: { new: 1 },
    });
  });

  it("takes the file's under 'file', and keeps what the file does not say", async () => {
    const { plan, state } = await carriedOut('file');
    expect(plan.files[0]?.state).toEqual({ set: 4, unchanged: 2, conflicts: 2 });
    expect(state).toMatchObject({ deployment: { phase: 'b', config: { port: 2, host: 'h', extra: 'e' } } });
  });

  it('takes what the file alone has changed, and keeps what the repository alone has', async () => {
    const repository = new MemoryRepository();
    await repository.carryOut(await repository.plan([first]));
    const text = repository.files.get(file) ?? '';
    repository.write(new Map([[file, text.replace('phase: a', 'phase: r')]]));
    const later = legacyFile(
      'deployment-state.yaml',
      'deployment_id: k0rdent-x\nphase: a\nconfig: {port: 2, host: h}\n',
    );
    const plan = await repository.plan([later]);
    expect(plan.conflicts).toEqual([]);
    await repository.carryOut(plan);
    expect(parseState(repository.files.get(file) ?? '', file)).toMatchObject({
      deployment: { phase: 'r', config: { port: 2, host: 'h' } },
    });
  });

  it('takes away what the file alone has lost, unless the file is a remnant', async () => {
    const repository = new MemoryRepository();
    await repository.carryOut(await repository.plan([first]));
    const remnant = legacyFile('deployment-state.yaml', 'last_updated: "2025-12-04T01:00:00Z"\n');
    const kept = await repository.plan([remnant], 'fail', { deployment: 'k0rdent-x' });
    expect(kept.parts[0]?.state?.edits.map(({ op }) => op)).toEqual(['merge']);
    const place = '/srv/state/deployment-state.yaml';
    const shorter = {
      ...legacyFile('deployment-state.yaml', 'deployment_id: k0rdent-x\nconfig: {port: 1}\n'),
      place,
    };
    // What another machine's file had, this one may never have held.
    expect((await repository.plan([shorter])).parts).toEqual([]);
    const values = { deployment_id: 'k0rdent-x', phase: 'a', config: { port: 1, host: 'h' } };
    repository.local.set(place, { values, isUnchanged: false, edits: [], sealed: {} });
    const plan = await repository.plan([shorter]);
    expect(plan.parts[0]?.state?.edits).toEqual([
      { op: 'unset', path: ['deployment', 'config', 'host'] },
      { op: 'unset', path: ['deployment', 'phase'] },
    ]);
    await repository.carryOut(plan);
    expect(parseState(repository.files.get(file) ?? '', file)).toEqual({
      deployment: { deployment_id: 'k0rdent-x', config: { port: 1 } },
    });
    expect((await repository.plan([shorter])).parts).toEqual([]);
  });

  it('does not overwrite what changed between plan and write', async () => {
    const repository = new MemoryRepository();
    await repository.carryOut(await repository.plan([first]));
    const plan = await repository.plan([second], 'file');
    const other = legacyFile('deployment-state.yaml', 'deployment_id: k0rdent-x\nphase: c\n');
    await repository.carryOut(await repository.plan([other], 'file'));
    await expect(repository.carryOut(plan)).rejects.toThrow(ConflictError);
  });
});
