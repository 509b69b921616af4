import { describe, expect, it } from 'vitest';
import { readValue, type ValueQuery } from '../../../src/app/read/read-value.js';
import { changeState } from '../../../src/app/write/change-state.js';
import { NotFoundError, UsageError } from '../../../src/errors.js';
import { parseStatePath } from '../../../src/model/state/state-path.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { formatTime } from '../../../src/model/value/time.js';
import { WithheldValues } from '../../../src/store/local/withheld-values.js';
import { memoryWriting, sets } from '../../support/memory-writing.js';

const HOUR = 3_600_000;

/** A deployment whose phase was `a`, and `b` an hour later. */
async function changed() {
  const memory = memoryWriting();
  await memory.begin({ 'deployment.phase': 'a', 'kof.list': [1, { x: null }] });
  const before = (await memory.store.head()).revision as string;
  await memory.clock.sleep(HOUR);
  const edits = sets({ 'deployment.phase': 'b' });
  await changeState(await memory.writing(), {}, { fields: { action: 'changed' }, edits });
  const read = async (path: string, more: Partial<ValueQuery> = {}) =>
    readValue(
      await memory.read(),
      { path: path === '' ? [] : parseStatePath(path), mayMiss: false, ...more },
      memory.clock.now(),
    );
  return { ...memory, before, read };
}

describe('a value of the state', () => {
  it('is read at its path; the whole state without one', async () => {
    const { read } = await changed();
    expect(await read('deployment.phase')).toEqual({
      deployment: 'dep-a',
      value: 'b',
      isWithheld: false,
      hidden: [],
    });
    expect((await read('kof.list.1.x')).value).toBeNull();
    expect((await read('')).value).toEqual({ deployment: { phase: 'b' }, kof: { list: [1, { x: null }] } });
  });

  it('that is missing is an error with suggestions, or nothing where that is an answer', async () => {
    const { read } = await changed();
    const missing = read('kof.version', { suggestions: ["Did you mean 'kgit phase'?"] });
    await expect(missing).rejects.toThrow(NotFoundError);
    await expect(missing).rejects.toMatchObject({
      message: 'kof.version is not in the state of deployment dep-a',
      suggestions: ["Did you mean 'kgit phase'?", expect.stringContaining("'kgit get kof' shows")],
      data: { deployment: 'dep-a', path: 'kof.version' },
    });
    expect((await read('kof.version', { mayMiss: true })).value).toBeUndefined();
    await expect(read('deployment.phase.deeper')).rejects.toThrow(NotFoundError);
  });

  it('that an import withheld comes from this machine', async () => {
    const { read, context } = await changed();
    const withheld = new WithheldValues(context.opened.localFolder);
    await withheld.put(deployment('dep-a'), new Map([['kof.token', 'hidden']]));
    expect(await read('kof.token')).toMatchObject({ value: 'hidden', isWithheld: true });
    await expect(read('kof.token', { at: 'HEAD' })).rejects.toThrow(NotFoundError);
  });

  it('is that of the only deployment, unless one is named', async () => {
    const { writing, context, clock } = await changed();
    const target = { deployment: 'dep-b', create: true };
    await changeState(await writing(), target, {
      fields: { action: 'begun' },
      edits: sets({ 'kof.on': true }),
    });
    const query = { path: parseStatePath('kof.on'), mayMiss: false };
    const at = async (id?: string) => {
      const settings = { ...context.settings, deployment: id };
      return readValue({ ...(await writing()), settings }, query, clock.now());
    };
    await expect(at()).rejects.toThrow(UsageError);
    expect((await at('dep-b')).value).toBe(true);
    await expect(at('dep-c')).rejects.toThrow('deployment dep-c has no state');
  });
});

describe('a value of an earlier state', () => {
  it('is read at a revision or a time', async () => {
    const { read, before, clock } = await changed();
    const at = async (text: string) => (await read('deployment.phase', { at: text })).value;
    expect(await at(before)).toBe('a');
    expect(await at('HEAD')).toBe('b');
    expect(await at(formatTime(clock.now() - 1, true))).toBe('a');
    expect(await at('1m')).toBe('a');
    expect(await at('0s')).toBe('b');
  });

  it('is none before the first event, which is an error unless nothing is an answer', async () => {
    const { read } = await changed();
    const early = read('deployment.phase', { at: '2001-01-01' });
    await expect(early).rejects.toMatchObject({
      code: 'NOT_FOUND',
      suggestions: ["'kgit history --deployment dep-a' shows when it began"],
    });
    const nothing = await read('deployment.phase', { at: '2001-01-01', mayMiss: true });
    expect(nothing.value).toBeUndefined();
  });

  it('is an error at what is neither a revision nor a time', async () => {
    const { read } = await changed();
    for (const at of ['no-such', '--all'])
      await expect(read('deployment.phase', { at })).rejects.toThrow('and it is no time');
  });
});
