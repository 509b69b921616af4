import { describe, expect, it } from 'vitest';
import { refusal } from '../../../src/app/write/collect-events.js';
import { readBatch } from '../../../src/app/write/event-batch.js';
import { writeEvent, writeEvents } from '../../../src/app/write/write-events.js';
import type { Writing } from '../../../src/app/write/writing.js';
import { ConflictError, NotFoundError, SecretError, UsageError } from '../../../src/errors.js';
import { formatTimestamp } from '../../../src/model/event/event.js';
import { cluster } from '../../../src/model/subject/subject.js';
import { readEvents } from '../../../src/store/read/records.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { anId, T0 } from '../../support/store-fixtures.js';

const ID = anId();
const SECRET = `gh${'p_'}${'k3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5'}`;
const scaled = { action: 'scaled' };

describe('writing one event', () => {
  it('records who, where and when, as one operation', async () => {
    const { writing, store } = memoryWriting();
    const written = await writeEvent(await writing(), { word: 'prod' }, { ...scaled, message: 'up' });
    const { event, outcome, path, isRepeat } = written;
    expect(written.subject).toEqual(cluster('default', 'kcm-system', 'prod'));
    expect(event).toMatchObject({ action: 'scaled', message: 'up', user: 'Ada', host: 'here' });
    expect(path).toBe(`clusters/default/kcm-system/prod/events/2025-07/${event.id}-scaled.yaml`);
    expect([outcome.delivery, isRepeat]).toEqual(['published', false]);
    expect(await store.view((await store.head()).revision).read(path)).toContain('message: up');
  });

  it('takes a repeat of an id with the same content for success, whoever repeats it', async () => {
    const { writing } = memoryWriting();
    const fields = { ...scaled, id: ID, timestamp: formatTimestamp(T0) };
    const first = await writeEvent(await writing(), { word: 'prod' }, fields);
    const writer = { ...(await writing()).writer, actor: { name: 'Bob', email: 'b@example.com' } };
    const again = await writeEvent(await writing({ writer }), { word: 'prod' }, fields);
    expect([first.isRepeat, again.isRepeat]).toEqual([false, true]);
    const other = writeEvent(await writing(), { word: 'prod' }, { ...fields, message: 'other' });
    await expect(other).rejects.toThrow(ConflictError);
  });

  it.each([
    ['neither a word nor a flag', {}, UsageError, 'what did it happen to?'],
    ['a word and --cluster', { word: 'a', cluster: 'b' }, UsageError, 'SUBJECT and --cluster both'],
    ['a word and --deployment', { word: 'a', deployment: 'b' }, UsageError, 'SUBJECT and --deployment both'],
    ['the id of a deployment', { word: 'dep-a' }, UsageError, 'a deployment or a cluster?'],
    ['a lock', { word: 'lock/x' }, UsageError, 'kgit lock and kgit unlock'],
    ['a management cluster', { word: 'management/x' }, UsageError, 'kgit identify'],
    ['an unknown deployment', { word: 'deployment/dep-b' }, NotFoundError, 'no deployment dep-b'],
    ['a bad name', { word: 'My_Cluster' }, UsageError, 'My_Cluster'],
  ])('refuses %s as its subject', async (_what, named, error, text) => {
    const { writing, begin } = memoryWriting();
    await begin({ 'deployment.phase': 'plan' });
    const refused = writeEvent(await writing(), named, scaled);
    await expect(refused).rejects.toThrow(error);
    await expect(refused).rejects.toThrow(text);
  });

  it('is about the deployment of the settings where nothing is named, and may begin it', async () => {
    const { writing } = memoryWriting({ deployment: 'dep-b' });
    await expect(writeEvent(await writing(), {}, scaled)).rejects.toThrow(NotFoundError);
    const { subject } = await writeEvent(await writing(), { create: true }, scaled);
    expect(subject).toEqual({ kind: 'deployment', id: 'dep-b' });
  });
});

describe('writing many events', () => {
  const one = (fields: object) => JSON.stringify({ subject: 'cluster/prod', ...scaled, ...fields });
  const batch = async (writing: Writing, lines: readonly string[], skipInvalid = false) => {
    const items = readBatch(lines.join('\n'));
    return writeEvents(writing, {
      items,
      create: false,
      skipInvalid,
      refusal: (rejected) => refusal(rejected, items.length),
    });
  };

  it('writes them in their order as one operation', async () => {
    const { writing, store } = memoryWriting();
    const lines = Array.from({ length: 30 }, (_, n) => one({ message: `m${n}` }));
    expect(await batch(await writing(), lines)).toMatchObject({ accepted: 30, duplicates: 0, rejected: [] });
    const { revision } = await store.head();
    const events = await readEvents(store.view(revision), cluster('default', 'kcm-system', 'prod'));
    expect(events.map((event) => event.read().message)).toEqual(lines.map((_, n) => `m${n}`));
    expect(await store.history.parentOf(revision ?? '')).toBeNull();
  });

  it('writes none, or on request the valid ones, and names the others', async () => {
    const { writing, store } = memoryWriting();
    await batch(await writing(), [one({ id: ID, message: 'first' })]);
    const { revision } = await store.head();
    const lines = [
      one({}),
      '{broken',
      one({ action: 'Not Good' }),
      one({ subject: 'cluster/My_Cluster' }),
      one({ subject: 'deployment/unknown' }),
      one({ parameters: { token: SECRET } }),
      one({ changes: [] }),
      one({ id: ID, message: 'other' }),
      one({ timestamp: '2999-01-01T00:00:00Z' }),
      '{"action": "x"}',
      one({ subject: 'lock/x' }),
    ];
    const codes = [
      'USAGE',
      'USAGE',
      'USAGE',
      'NOT_FOUND',
      'SECRET',
      'USAGE',
      'CONFLICT',
      ...Array(3).fill('USAGE'),
    ];
    const rows = codes.map((code, i) => ({ index: i + 1, code, message: expect.any(String) }));
    const none = batch(await writing(), lines);
    await expect(none).rejects.toMatchObject({ code: 'USAGE', data: { rejected: rows } });
    expect((await store.head()).revision).toBe(revision);
    const some = await batch(await writing(), lines, true);
    expect(some).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(some.rejected.map(({ index, error }) => [index, error.code])).toEqual(
      codes.map((code, i) => [i + 1, code]),
    );
  });

  it('writes none where all are invalid, even on request', async () => {
    const { writing } = memoryWriting();
    await expect(batch(await writing(), ['{broken'], true)).rejects.toThrow('1 of 1 events');
  });

  it('counts what is there already, in the repository or in the batch itself', async () => {
    const { writing } = memoryWriting();
    const twin = one({ id: ID, message: 'm' });
    const counts = async (...lines: string[]) => {
      const { accepted, duplicates } = await batch(await writing(), lines);
      return [accepted, duplicates];
    };
    expect(await counts(twin, twin)).toEqual([1, 1]);
    expect(await counts(twin, one({}))).toEqual([1, 1]);
    expect(await counts(twin)).toEqual([0, 1]);
    await expect(counts(twin, one({ id: ID, message: 'n' }))).rejects.toThrow(ConflictError);
  });

  it('gives events the fields that they leave out', async () => {
    const { writing } = memoryWriting();
    const items = readBatch([one({}), one({ message: 'own' })].join('\n'));
    const { events } = await writeEvents(await writing(), {
      items,
      defaults: { message: 'ours', reason: undefined },
      create: false,
      skipInvalid: false,
      refusal: (rejected) => refusal(rejected, 2),
    });
    expect(events.map(({ event }) => event.message)).toEqual(['ours', 'own']);
  });

  it('lets a value that looks secret in with a reason, which is recorded', async () => {
    const { writing } = memoryWriting();
    const lines = [one({ parameters: { token: SECRET } })];
    await expect(batch(await writing(), lines)).rejects.toThrow(SecretError);
    const { events } = await batch(await writing({ terms: { allowSecret: 'a test value' } }), lines);
    expect(events).toHaveLength(1);
  });
});
