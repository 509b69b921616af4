import { describe, expect, it } from 'vitest';
import { changeState, stillHas, targetDeployment } from '../../../src/app/write/change-state.js';
import { editedChange } from '../../../src/app/write/edited-change.js';
import { ConflictError, NotFoundError, SecretError, UsageError } from '../../../src/errors.js';
import { memoryWriting, sets } from '../../support/memory-writing.js';

const changed = { action: 'state_changed' };

describe('the deployment to change', () => {
  it('is the one that is named, else that of the settings, else the only one', async () => {
    const { writing, begin } = memoryWriting();
    await expect(targetDeployment(await writing(), {})).rejects.toThrow('no deployment yet');
    await begin({ 'deployment.phase': 'plan' });
    expect(await targetDeployment(await writing(), {})).toBe('dep-a');
    await changeState(
      await writing(),
      { deployment: 'dep-b', create: true },
      {
        fields: changed,
        edits: sets({ 'kof.a': 1 }),
      },
    );
    await expect(targetDeployment(await writing(), {})).rejects.toThrow(UsageError);
    expect(await targetDeployment(await writing(), { deployment: 'dep-b' })).toBe('dep-b');
    const { settings } = await writing();
    const named = await writing({ settings: { ...settings, deployment: 'dep-a' } });
    expect(await targetDeployment(named, {})).toBe('dep-a');
  });

  it('is one that the repository knows, unless it may be begun', async () => {
    const { writing, begin } = memoryWriting();
    await begin({ 'deployment.phase': 'plan' });
    const error = await targetDeployment(await writing(), { deployment: 'dep-b' }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.data).toEqual({ deployment: 'dep-b', known: ['dep-a'] });
    expect(await targetDeployment(await writing(), { deployment: 'dep-b', create: true })).toBe('dep-b');
  });
});

describe('changing a state', () => {
  it('writes the edits and the event of them as one operation', async () => {
    const { writing, begin, state, events } = memoryWriting();
    await begin({ 'deployment.phase': 'plan', 'deployment.count': 3 });
    const fields = { ...changed, reason: 'why not', message: undefined };
    const edits = [
      ...sets({ 'kof.version': '1.5.0' }),
      { op: 'unset' as const, path: ['deployment', 'count'] },
    ];
    const { subject, outcome } = await changeState(await writing(), {}, { fields, edits });
    const changes = [
      { path: 'kof.version', after: '1.5.0' },
      { path: 'deployment.count', before: 3 },
    ];
    expect([subject.id, outcome.delivery, outcome.changes]).toEqual(['dep-a', 'published', changes]);
    expect(await state()).toEqual({ deployment: { phase: 'plan' }, kof: { version: '1.5.0' } });
    expect(await events()).toMatchObject([{ ...changed, reason: 'why not', changes }]);
  });

  it('writes nothing where nothing changes, and nothing in a dry run', async () => {
    const { writing, begin, events } = memoryWriting();
    await begin({ 'deployment.count': 3 });
    const same = { fields: changed, edits: sets({ 'deployment.count': 3 }) };
    expect((await changeState(await writing(), {}, same)).outcome.delivery).toBe('unchanged');
    const other = { fields: changed, edits: sets({ 'deployment.count': 4 }) };
    const dry = await changeState(await writing({ terms: { dryRun: true } }), {}, other);
    expect(dry.outcome).toMatchObject({
      delivery: 'dry-run',
      changes: [{ path: 'deployment.count', before: 3, after: 4 }],
    });
    expect(await events()).toEqual([]);
  });

  it('refuses a change whose condition does not hold, and keeps nothing of it', async () => {
    const { writing, begin, state, context } = memoryWriting();
    await begin({ 'deployment.count': 3 });
    const change = (value: number | undefined) => ({
      fields: changed,
      edits: sets({ 'deployment.count': 4 }),
      preconditions: [stillHas(['deployment', 'count'], value)],
    });
    await expect(changeState(await writing(), {}, change(5))).rejects.toMatchObject({
      code: 'CONFLICT',
      data: { path: 'deployment.count', expected: 5, actual: 3 },
    });
    await expect(changeState(await writing(), {}, change(undefined))).rejects.toThrow(ConflictError);
    expect(await state()).toEqual({ deployment: { count: 3 } });
    expect(await context.opened.repository.outbox.list()).toEqual([]);
    await changeState(await writing(), {}, change(3));
    expect(await state()).toEqual({ deployment: { count: 4 } });
  });

  it('refuses a new top-level key where only known ones may be changed, and names near ones', async () => {
    const { writing, begin } = memoryWriting();
    await begin({ 'deployment.phase': 'plan', 'extras.a': 1 });
    const change = async (path: string, knownKeysOnly?: boolean) =>
      changeState(
        await writing({ terms: { dryRun: true } }),
        {},
        {
          fields: changed,
          edits: sets({ [path]: 1 }),
          ...(knownKeysOnly === undefined ? {} : { knownKeysOnly }),
        },
      );
    for (const path of ['extras.b', 'aws.region']) await change(path, true);
    await expect(change('deploymnt.phase', true)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      suggestions: expect.arrayContaining(['Did you mean deployment?']),
      data: { key: 'deploymnt', known: ['deployment', 'extras', 'kof', 'azure', 'aws'] },
    });
    await change('deploymnt.phase');
  });

  it('refuses a secret, and a path below a scalar', async () => {
    const { writing, begin } = memoryWriting();
    await begin({ 'deployment.phase': 'plan' });
    const secret = { 'kof.token': `gh${'p_'}${'k3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5'}` };
    const write = async (values: Record<string, string>) =>
      changeState(await writing(), {}, { fields: changed, edits: sets(values) });
    await expect(write(secret)).rejects.toThrow(SecretError);
    await expect(write({ 'deployment.phase.status': 'x' })).rejects.toThrow(ConflictError);
  });
});

it('makes of an edited document the edits, each only while its path is as it was', () => {
  const before = { a: { b: 1, c: 2 }, d: 'x' };
  expect(editedChange(before, { a: { b: 1, c: 3 }, e: [1] }, { reason: 'r' })).toEqual({
    fields: { action: 'state_changed', reason: 'r' },
    edits: [
      { op: 'set', path: ['a', 'c'], value: 3 },
      { op: 'unset', path: ['d'] },
      { op: 'set', path: ['e'], value: [1] },
    ],
    preconditions: [
      { check: 'equals', path: ['a', 'c'], value: 2, isImplied: true },
      { check: 'equals', path: ['d'], value: 'x', isImplied: true },
      { check: 'absent', path: ['e'], isImplied: true },
    ],
    withdraw: true,
  });
});
