import { expect, it } from 'vitest';
import { movePhase, type PhaseMove, phaseName, phasesOf } from '../../../src/app/write/move-phase.js';
import { rollBack } from '../../../src/app/write/roll-back.js';
import { sealBefore } from '../../../src/app/write/seal-months.js';
import { NotFoundError, RemoteError, UsageError } from '../../../src/errors.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { FaultyStore, T0 } from '../../support/store-fixtures.js';

const SETTINGS = { phaseSequence: ['plan', 'create-vms', 'join', 'verify'] };
const move = (verb: PhaseMove['verb'], phase: string, more: Partial<PhaseMove> = {}): PhaseMove => ({
  ...{ verb, phase, only: false, mayBegin: false, fields: { reason: 'why' } },
  ...more,
});

async function begun(store?: FaultyStore) {
  const memory = memoryWriting(SETTINGS, store);
  await memory.begin({ 'deployment.phase': 'setup_network' });
  const statuses = async () => (await phasesOf(await memory.writing(), 'dep-a')).map(({ status }) => status);
  return { ...memory, statuses };
}

it.each([
  ['start', 'in_progress', 'phase_started', undefined],
  ['complete', 'completed', 'phase_completed', 'succeeded'],
  ['fail', 'failed', 'phase_failed', 'failed'],
  ['reset', 'pending', 'phase_reset', undefined],
] as const)('%s sets status, time and the phase of the deployment', async (verb, status, action, outcome) => {
  const { writing, events } = await begun();
  const changes = [
    { path: 'deployment.phases.create_vms.status', after: status },
    { path: 'deployment.phases.create_vms.updated_at', after: '2025-07-11T14:30:00Z' },
    { path: 'deployment.phase', before: 'setup_network', after: 'create_vms' },
  ];
  const moved = await movePhase(await writing(), move(verb, 'create_vms', { only: true }));
  expect(moved.outcome.changes).toEqual(changes);
  const [event] = await events();
  expect(event).toMatchObject({ action, phase: 'create_vms', reason: 'why', changes });
  expect(event?.outcome).toBe(outcome);
});

it('keeps the reason of a skipped phase, and leaves the phase of the deployment alone', async () => {
  const { writing, state } = await begun();
  await movePhase(await writing(), move('skip', 'join'));
  expect((await phasesOf(await writing(), 'dep-a'))[2]).toMatchObject({
    name: 'join',
    status: 'skipped',
    reason: 'why',
  });
  expect(await state()).toMatchObject({ deployment: { phase: 'setup_network' } });
});

it('resets the later phases of the sequence, too, unless that one alone is meant', async () => {
  const { writing, statuses } = await begun();
  for (const phase of ['plan', 'create_vms', 'join'])
    await movePhase(await writing(), move('complete', phase));
  await movePhase(await writing(), move('reset', 'plan', { only: true }));
  expect(await statuses()).toEqual(['pending', 'completed', 'completed', 'pending']);
  await movePhase(await writing(), move('reset', 'create_vms'));
  expect(await statuses()).toEqual(['pending', 'pending', 'pending', 'pending']);
});

it('refuses a name that is none, and a phase that nobody has', async () => {
  const { writing } = await begun();
  expect(phaseName('create-vms')).toBe('create_vms');
  expect(() => phaseName('Create VMs')).toThrow(UsageError);
  const unknown = movePhase(await writing(), move('start', 'creat_vms'));
  await expect(unknown).rejects.toThrow(NotFoundError);
  await expect(unknown).rejects.toMatchObject({
    suggestions: expect.arrayContaining(['Did you mean create_vms?']),
  });
  await movePhase(await writing(), move('start', 'creat_vms', { mayBegin: true }));
  await movePhase(await writing(), move('complete', 'creat_vms'));
});

it('takes a phase back that cannot be published now', async () => {
  const store = new FaultyStore();
  const { writing, context } = await begun(store);
  store.onSwap = () => ({ kind: 'unreachable', error: new RemoteError('away') });
  await expect(movePhase(await writing(), move('start', 'plan'))).rejects.toThrow(RemoteError);
  expect(await context.opened.repository.outbox.list()).toEqual([]);
});

it('rolls a state, or paths of it, back to what it was, by a new event', async () => {
  const { writing, state, events, store } = await begun();
  const { revision } = await store.head();
  await movePhase(await writing(), move('start', 'plan'));
  await movePhase(await writing(), move('complete', 'plan'));
  const to = 'before';
  const { history } = store;
  const resolve = history.resolve.bind(history);
  history.resolve = async (name) => (name === to ? revision : resolve(name));
  const fields = { action: 'state_rolled_back' };
  await rollBack(await writing(), { to, paths: [['deployment', 'phase']], fields });
  expect(await state()).toMatchObject({
    deployment: { phase: 'setup_network', phases: { plan: { status: 'completed' } } },
  });
  await rollBack(await writing(), { to, paths: [], fields });
  expect(await state()).toEqual({ deployment: { phase: 'setup_network' } });
  expect((await events()).at(-1)).toMatchObject({ ...fields, parameters: { to } });
  const nowhere = rollBack(await writing(), { to: 'nowhere', paths: [], fields });
  await expect(nowhere).rejects.toThrow(NotFoundError);
});

it.each([
  ['2025-07', '2025-07'],
  ['2025-06-30', '2025-06'],
  ['today', '2025-07'],
  ['90d', '2025-04'],
])('seals before %s the months before %s', (text, month) => {
  expect(sealBefore(text, T0)).toBe(month);
});

it.each(['2025-08', '2025-07-12', '2999'])('refuses to seal before %s, which is not over', (text) => {
  expect(() => sealBefore(text, T0)).toThrow(UsageError);
});
