import { describe, expect, it } from 'vitest';
import { kgit, kgitJson } from '../../support/kgit.js';
import {
  commits,
  expectFailure,
  expectPublished,
  expectResult,
  MARKER,
  stateRepository,
} from '../../support/state-repository.js';

const SEQUENCE = MARKER.replace(
  'settings: {}',
  'settings:\n  phaseSequence: [plan, create-vms, join, verify]',
);
const withSequence = () => stateRepository({ 'kgit.yaml': SEQUENCE });
const statuses = async (path: string) =>
  (await kgitJson(path, ['phase'])).phases.map(({ status }: { status: string }) => status);

describe('kgit phase', () => {
  it.each([
    ['start', 'in_progress', 'phase_started', undefined],
    ['complete', 'completed', 'phase_completed', 'succeeded'],
    ['fail', 'failed', 'phase_failed', 'failed'],
    ['reset', 'pending', 'phase_reset', undefined],
  ])(
    '%s sets status, time and the phase of the deployment, with its event, as one commit',
    async (verb, status, action, outcome) => {
      const path = withSequence();
      const json = await kgitJson(path, ['phase', verb, 'create-vms', '--only', '--reason', 'why']);
      expectResult(json, 'Phase');
      expectPublished(json);
      expect(json.changed).toEqual([
        { path: 'deployment.phases.create_vms.status', after: status },
        { path: 'deployment.phases.create_vms.updated_at', after: expect.stringMatching(/^\d{4}-.*Z$/) },
        { path: 'deployment.phase', before: 'setup_network', after: 'create_vms' },
      ]);
      expect(commits(path)).toBe(2);
      const [event] = (await kgitJson(path, ['log', 'deployment/dep-a'])).events;
      expect(event).toMatchObject({ action, phase: 'create_vms', reason: 'why', changes: json.changed });
      expect(event.outcome).toBe(outcome);
    },
  );

  it('skip keeps the reason and leaves the phase of the deployment alone', async () => {
    const path = withSequence();
    await kgitJson(path, ['phase', 'skip', 'join', '--reason', 'not here']);
    const { phases } = await kgitJson(path, ['phase']);
    expect(phases[2]).toMatchObject({ name: 'join', status: 'skipped', reason: 'not here' });
    expect((await kgit(path, ['get', 'deployment.phase'])).stdout).toBe('setup_network\n');
  });

  it('lists the phases in the sequence of kgit.yaml, then what else the state knows', async () => {
    const path = withSequence();
    await kgitJson(path, ['phase', 'start', 'extra', '--create-key']);
    const [json, text, name] = await Promise.all([
      kgitJson(path, ['phase']),
      kgit(path, ['phase']),
      kgit(path, ['phase', '-o', 'name']),
    ]);
    expectResult(json, 'Phase');
    expect(name.stdout).toBe('plan\ncreate_vms\njoin\nverify\nextra\n');
    expect(json.phases[0]).toEqual({ name: 'plan', status: 'pending', updatedAt: null, reason: null });
    expect(text.stdout).toMatch(/^PHASE +STATUS/);
  });

  it('resets the later phases, too; with --only that one alone', async () => {
    const path = withSequence();
    for (const phase of ['plan', 'create_vms', 'join']) await kgitJson(path, ['phase', 'complete', phase]);
    await kgitJson(path, ['phase', 'reset', 'plan', '--only']);
    expect(await statuses(path)).toEqual(['pending', 'completed', 'completed', 'pending']);
    await kgitJson(path, ['phase', 'reset', 'create_vms']);
    expect(await statuses(path)).toEqual(['pending', 'pending', 'pending', 'pending']);
    expect(commits(path)).toBe(6);
  });

  it('refuses a missing or bad name (2), and an unknown phase (15) with near ones, unless --create-key', async () => {
    const path = withSequence();
    const [none, bad, typo, other] = await Promise.all([
      kgit(path, ['phase', 'start', '--json']),
      kgit(path, ['phase', 'start', 'Create VMs', '--json']),
      kgit(path, ['phase', 'start', 'creat_vms', '--json']),
      kgit(path, ['phase', 'start', 'other', '--dry-run', '--create-key']),
    ]);
    expectFailure(none, 'USAGE', 2);
    expectFailure(bad, 'USAGE', 2);
    const { suggestions, data } = expectFailure(typo, 'NOT_FOUND', 15);
    expect(suggestions[0]).toBe('Did you mean create_vms?');
    expect(data).toMatchObject({ phase: 'creat_vms', known: ['plan', 'create_vms', 'join', 'verify'] });
    expect(other.code).toBe(0);
  });
});
