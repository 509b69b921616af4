import { describe, expect, it } from 'vitest';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
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
describe('kgit phase', () => {
  it('sets status, time and the phase of the deployment, with its event, as one commit', async () => {
    const path = withSequence();
    const json = await kgitJson(path, ['phase', 'complete', 'create-vms', '--reason', 'why']);
    expectResult(json, 'Phase');
    expectPublished(json);
    expect(json.changed).toEqual([
      { path: 'deployment.phases.create_vms.status', after: 'completed' },
      { path: 'deployment.phases.create_vms.updated_at', after: expect.stringMatching(/^\d{4}-.*Z$/) },
      { path: 'deployment.phase', before: 'setup_network', after: 'create_vms' },
    ]);
    expect(commits(path)).toBe(2);
    const [event] = (await kgitJson(path, ['log', 'deployment/dep-a'])).events;
    expect(event).toMatchObject({
      action: 'phase_completed',
      phase: 'create_vms',
      outcome: 'succeeded',
      reason: 'why',
      changes: json.changed,
    });
  });

  it('lists the phases in the sequence of kgit.yaml, then what else the state knows', async () => {
    const path = withSequence();
    await kgitJson(path, ['phase', 'start', 'extra', '--create-key']);
    const [json, text, name] = await inTurn([
      () => kgitJson(path, ['phase']),
      () => kgit(path, ['phase']),
      () => kgit(path, ['phase', '-o', 'name']),
    ]);
    expectResult(json, 'Phase');
    expect(name.stdout).toBe('plan\ncreate_vms\njoin\nverify\nextra\n');
    expect(json.phases[0]).toEqual({ name: 'plan', status: 'pending', updatedAt: null, reason: null });
    expect(text.stdout).toMatch(/^PHASE +STATUS/);
  });

  it('with --only resets that phase alone', async () => {
    const path = withSequence();
    const reset = ['phase', 'reset', 'plan', '--dry-run'];
    const paths = async (...more: string[]) => (await kgitJson(path, [...reset, ...more])).changed.length;
    expect([await paths('--only'), await paths()]).toEqual([3, 9]);
  });

  it('refuses a missing or bad name (2), and an unknown phase (15) with near ones, unless --create-key', async () => {
    const path = withSequence();
    const [none, bad, typo, other] = await inTurn([
      () => kgit(path, ['phase', 'start', '--json']),
      () => kgit(path, ['phase', 'start', 'Create VMs', '--json']),
      () => kgit(path, ['phase', 'start', 'creat_vms', '--json']),
      () => kgit(path, ['phase', 'start', 'other', '--dry-run', '--create-key']),
    ]);
    expectFailure(none, 'USAGE', 2);
    expectFailure(bad, 'USAGE', 2);
    const { suggestions, data } = expectFailure(typo, 'NOT_FOUND', 15);
    expect(suggestions[0]).toBe('Did you mean create_vms?');
    expect(data).toMatchObject({ phase: 'creat_vms', known: ['plan', 'create_vms', 'join', 'verify'] });
    expect(other.code).toBe(0);
  });
});
