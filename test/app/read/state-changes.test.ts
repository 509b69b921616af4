import { describe, expect, it } from 'vitest';
import { compareStates } from '../../../src/app/read/compare-states.js';
import { type SubjectChanges, stateChanges } from '../../../src/app/read/state-changes.js';
import { changeState } from '../../../src/app/write/change-state.js';
import { NotFoundError, UsageError } from '../../../src/errors.js';
import { REFUSE_BROKEN } from '../../../src/model/event/broken-events.js';
import type { Edit } from '../../../src/model/state/edit.js';
import { parseStatePath } from '../../../src/model/state/state-path.js';
import { memoryWriting, sets } from '../../support/memory-writing.js';

/** A deployment whose state was changed five times; `revisions` holds the tip after each change, newest first. */
async function changed() {
  const memory = memoryWriting();
  const revisions: string[] = [];
  const change = async (edits: readonly Edit[], fields = {}, target = {}) => {
    await memory.clock.sleep(1000);
    await changeState(await memory.writing(), target, {
      fields: { action: 'state_changed', ...fields },
      edits,
    });
    revisions.unshift((await memory.store.head()).revision as string);
  };
  await memory.begin({ 'deployment.phase': 'a', 'kof.version': '1.0' });
  await change(sets({ 'deployment.phase': 'b' }), { user: 'bob', reason: 'why' });
  await change(sets({ kof: { version: '2.0', list: [1, 2] } }));
  await change([{ op: 'unset', path: parseStatePath('kof.list.0') }]);
  await change(sets({ 'azure.region': 'x', 'azure.empty': {} }));
  const named = async (deployment?: string) => {
    const read = await memory.read();
    return { ...read, settings: { ...read.settings, deployment } };
  };
  return { ...memory, change, revisions, named };
}

const brief = ({ rows }: Pick<SubjectChanges, 'rows'>) =>
  rows.map(({ path, before, after }) => `${path} ${JSON.stringify(before)} ${JSON.stringify(after)}`);
const both = (changes: readonly SubjectChanges[]) =>
  changes.flatMap(({ subject, rows }) => rows.map(({ path }) => `${subject} ${path}`));

describe('the history of a state', () => {
  const history = async (memory: Awaited<ReturnType<typeof changed>>, path: string | null) =>
    stateChanges(await memory.read(), path === null ? null : parseStatePath(path), REFUSE_BROKEN);

  it('has each change of a path, also of one above or below it', async () => {
    const memory = await changed();
    const { subject, rows } = await history(memory, 'kof.version');
    expect(subject).toBe('deployment/dep-a');
    expect(brief({ rows })).toEqual(['kof.version undefined "1.0"', 'kof.version "1.0" "2.0"']);
    expect(rows[0]).toMatchObject({ user: 'Ada', action: 'begun' });
    expect((await history(memory, 'kof')).rows).toHaveLength(3);
    expect((await history(memory, 'kof.none')).rows).toEqual([]);
    expect((await history(memory, 'deployment.phase')).rows[1]).toMatchObject({ user: 'bob', reason: 'why' });
  });

  it('without a path has each value with the change that set it', async () => {
    const { rows } = await history(await changed(), null);
    const by = Object.fromEntries(rows.map((row) => [row.path, row]));
    expect(Object.keys(by)).toEqual([
      'deployment.phase',
      'kof.version',
      'kof.list.0',
      'azure.region',
      'azure.empty',
    ]);
    expect(by['deployment.phase']).toMatchObject({ user: 'bob', before: 'a', after: 'b' });
    expect(by['kof.list.0']).toMatchObject({ after: 2 });
    expect(by['azure.empty']).toMatchObject({ after: {}, action: 'state_changed' });
  });

  it('of a deployment without a state is an error', async () => {
    const { named } = await changed();
    await expect(stateChanges(await named('none'), null, REFUSE_BROKEN)).rejects.toThrow(NotFoundError);
  });
});

describe('comparing states', () => {
  it('without revisions has the last change; with one or two, what differs', async () => {
    const memory = await changed();
    const { revisions, read } = memory;
    const compared = async (...sides: string[]) => {
      const { changes, isOne } = await compareStates(await read(), ...sides);
      return [isOne, ...changes.flatMap(brief)];
    };
    expect(await compared()).toEqual([true, 'azure.region undefined "x"', 'azure.empty undefined {}']);
    const [, , , first = ''] = revisions;
    expect(await compared(first)).toEqual([
      true,
      'kof.version "1.0" "2.0"',
      'kof.list undefined [2]',
      'azure undefined {"region":"x","empty":{}}',
    ]);
    expect(await compared(revisions[2] ?? '', first)).toEqual([
      true,
      'kof.version "2.0" "1.0"',
      'kof.list [1,2] undefined',
    ]);
    expect(await compared('HEAD', 'HEAD')).toEqual([true]);
  });

  it('refuses revisions that it does not know, and sides that do not go together', async () => {
    const { read, revisions } = await changed();
    const [tip = ''] = revisions;
    await expect(compareStates(await read(), 'none')).rejects.toThrow(NotFoundError);
    await expect(compareStates(await read(), `${tip}..${tip}`)).rejects.toThrow(UsageError);
    await expect(compareStates(await read(), `${tip}...`, tip)).rejects.toThrow(UsageError);
  });

  it('of several deployments has those that differ, or the one that changed last', async () => {
    const { change, revisions, read, named } = await changed();
    const create = (deployment: string) => ({ deployment, create: true });
    await change(sets({ 'kof.on': true }), {}, create('dep-b'));
    await change(sets({ 'kof.on': true }), {}, create('dep-c'));
    await change(sets({ 'deployment.phase': 'c' }), {}, { deployment: 'dep-a' });
    const last = await compareStates(await read());
    expect([last.isOne, both(last.changes)]).toEqual([false, ['deployment/dep-a deployment.phase']]);
    const since = revisions[3] ?? '';
    expect(both((await compareStates(await read(), since)).changes)).toEqual([
      'deployment/dep-a deployment.phase',
      'deployment/dep-b kof',
      'deployment/dep-c kof',
    ]);
    const one = await compareStates(await named('dep-b'), since);
    expect([one.isOne, both(one.changes)]).toEqual([true, ['deployment/dep-b kof']]);
    await expect(compareStates(await named('none'), since)).rejects.toThrow(NotFoundError);
  });

  it('of several deployments has none whose file differs, but not its values', async () => {
    const { change, read, store, clock } = await changed();
    await change(sets({ 'kof.on': true }), {}, { deployment: 'dep-b', create: true });
    const { revision } = await store.head();
    const path = 'deployments/dep-b/state.yaml';
    const files = new Map([[path, `# ours\n${await store.view(revision).read(path)}`]]);
    const author = { name: 'Ada', email: 'ada@example.com' };
    await store.swap(revision, [{ message: 'by hand', author, time: clock.now(), files }], 0);
    expect(await compareStates(await read(), revision ?? '')).toEqual({ isOne: false, changes: [] });
  });
});
