import { describe, expect, it } from 'vitest';
import { handleChanges } from '../../../src/app/watch/handle-changes.js';
import { watchChanges } from '../../../src/app/watch/watch-changes.js';
import { watchFilter } from '../../../src/app/watch/watch-filter.js';
import { changeState } from '../../../src/app/write/change-state.js';
import { writeEvent } from '../../../src/app/write/write-events.js';
import { UsageError } from '../../../src/errors.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import { formatSubject } from '../../../src/model/subject/subject.js';
import type { PublishedChange } from '../../../src/review/published-change.js';
import type { Revision } from '../../../src/store/port/state-store.js';
import { memoryWriting, sets } from '../../support/memory-writing.js';
import { commit, swapAll } from '../../support/store-contract.js';

const SECRET = `ghp_${'a1B2c3D4e5'.repeat(4)}`.slice(0, 40);

async function watched() {
  const memory = memoryWriting();
  const { store, writing, read, clock } = memory;
  await memory.begin({ 'deployment.phase': 'one', 'azure.region': 'eu' });
  const start = (await store.head()).revision;
  const skipped = new SkippedEvents();
  const set = async (values: Parameters<typeof sets>[0], deployment = 'dep-a') =>
    changeState(
      await writing(),
      { deployment, create: true },
      {
        fields: { action: 'state_changed', reason: 'because' },
        edits: sets(values),
      },
    );
  const push = async (word: string, action: string) => writeEvent(await writing(), { word }, { action });
  const commitFiles = async (files: Record<string, string | null>) =>
    swapAll(store, (await store.head()).revision, [commit(files, 'by hand\n\nmore')]);
  const changes = async (count: number, words: readonly string[] = [], after: Revision | null = start) => {
    const stop = new AbortController();
    const { settings, managements, reading } = await read();
    const filter = await watchFilter(words, { view: reading.view, settings, managements });
    const options = { clock, signal: stop.signal, broken: skipped, onAway: () => undefined };
    const found: PublishedChange[] = [];
    for await (const change of watchChanges(store, { after, filter }, options)) {
      found.push(change);
      if (found.length === count) stop.abort();
    }
    return found;
  };
  return { ...memory, set, push, commitFiles, changes, skipped };
}

describe('watching a store', () => {
  it('tells changed values, other events and other files, each revision once', async () => {
    const { set, push, commitFiles, changes } = await watched();
    await set({ 'deployment.phase': 'two', 'azure.region': 'us' });
    await push('prod', 'cluster_created');
    await commitFiles({ 'README.md': 'hi' });
    const [state, event, files] = await changes(3);
    expect(
      state?.changes.map(({ path, before, after, user, reason }) => [path, before, after, user, reason]),
    ).toEqual([
      ['deployment.phase', 'one', 'two', 'Ada', 'because'],
      ['azure.region', 'eu', 'us', 'Ada', 'because'],
    ]);
    expect(state?.events.map(({ event: { action } }) => action)).toEqual(['state_changed']);
    expect(event?.events.map(({ subject }) => formatSubject(subject))).toEqual([
      'cluster/default/kcm-system/prod',
    ]);
    expect([event?.changes, event?.files]).toEqual([[], []]);
    expect(files).toMatchObject({ files: ['README.md'], title: 'by hand', author: 'Ada', events: [] });
    expect([event?.parent, files?.parent]).toEqual([state?.revision, event?.revision]);
    expect(await changes(1, [], event?.revision)).toMatchObject([{ revision: files?.revision }]);
  });

  it('gives what the words name: paths with values above and below, subjects with all of theirs', async () => {
    const { set, push, changes } = await watched();
    await set({ 'azure.region': 'us', 'kof.version': '1' });
    await push('prod', 'cluster_created');
    await set({ 'azure.region': 'eu' }, 'dep-b');
    await set({ 'azure.zone': { a: '1', b: '2' } });
    await push('other', 'cluster_created');
    await set({ 'deployment.phase': 'last' });
    const told = async (count: number, ...words: string[]) =>
      (await changes(count, words)).flatMap(({ events, changes: rows }) => [
        ...rows.map(({ subject, path }) => `${subject} ${path}`),
        ...events.map(({ subject }) => formatSubject(subject)),
      ]);
    expect(await told(3, 'azure')).toEqual([
      'deployment/dep-a azure.region',
      'deployment/dep-b azure',
      'deployment/dep-a azure.zone',
    ]);
    expect(await told(2, 'azure.region', 'cluster/prod')).toEqual([
      'deployment/dep-a azure.region',
      'cluster/default/kcm-system/prod',
    ]);
    expect(await told(1, 'azure.zone.b')).toEqual(['deployment/dep-a azure.zone.b']);
    expect(new Set(await told(1, 'deployment/dep-b'))).toEqual(
      new Set(['deployment/dep-b azure', 'deployment/dep-b']),
    );
    await expect(told(1, 'prod/eu')).rejects.toThrow(UsageError);
  });

  it('tells no event again that moves into a sealed month', async () => {
    const { push, commitFiles, changes, store } = await watched();
    await push('prod', 'cluster_created');
    const head = (await store.head()).revision;
    const [event] = await changes(1);
    const id = event?.events[0]?.event.id ?? '';
    const month = new Date(Date.UTC(2025, 6, 11)).toISOString().slice(0, 7);
    const folder = `clusters/default/kcm-system/prod/events/${month}`;
    const text = (await store.view(head).read(`${folder}/${id}-cluster_created.yaml`)) ?? '';
    const other = id.replace(/..$/, (end) => (end === '00' ? '01' : '00'));
    const entries = [text, text.replace(id, other)].map(
      (one) => `  - ${one.trimEnd().replaceAll('\n', '\n    ')}\n`,
    );
    await commitFiles({
      [`${folder}/${id}-cluster_created.yaml`]: null,
      [`${folder}.yaml`]: `cluster_name: prod\nevents:\n${entries.sort().join('')}`,
    });
    const [sealed] = await changes(1, [], head);
    expect(sealed?.events.map(({ event: { id: each } }) => each)).toEqual([other]);
    expect(sealed?.files).toEqual([]);
  });

  it('masks what looks secret, and names what cannot be read', async () => {
    const { commitFiles, changes, skipped } = await watched();
    const folder = 'clusters/default/kcm-system/prod/events/2025-07';
    const id = '01JZXK5B7Q3M8N2V4C6D9F0G1H';
    await commitFiles({
      'deployments/dep-a/state.yaml': `deployment: {phase: one}\nazure: {note: "${SECRET}"}\n`,
      [`${folder}/${id}-cluster_created.yaml`]: `id: ${id}\ntimestamp: "2025-07-11T14:30:00Z"\naction: cluster_created\nnotes: "token ${SECRET}"\n`,
      [`${folder}/${id.replace('1H', '1J')}-broken.yaml`]: 'id: {',
    });
    const [change] = await changes(1);
    expect(JSON.stringify(change)).not.toContain(SECRET);
    expect(change?.changes.find(({ path }) => path === 'azure.note')).toMatchObject({
      after: '***',
      event: null,
    });
    expect(change?.events).toHaveLength(1);
    expect(skipped.list.map(({ path }) => path)).toEqual([expect.stringContaining('-broken.yaml')]);
  });
});

describe('handling changes', () => {
  const change = (revision: string) => ({ revision }) as PublishedChange;
  async function* three() {
    for (const revision of ['1', '2', '3']) yield change(revision);
  }
  const handled = async (exits: readonly number[], limit?: number) => {
    const shown: string[] = [];
    const codes = [...exits];
    const run = exits.length > 0 ? async () => codes.shift() ?? 0 : null;
    const show = async ({ revision }: PublishedChange) => void shown.push(revision);
    return { ...(await handleChanges(three(), '0', { run, show, limit })), shown };
  };

  it('shows each after its command, and stops at the one that failed', async () => {
    expect(await handled([])).toEqual({ last: '3', failure: null, shown: ['1', '2', '3'] });
    expect(await handled([0, 7])).toEqual({
      ...{ last: '1', shown: ['1'] },
      failure: { revision: '2', exitCode: 7 },
    });
    expect(await handled([9])).toMatchObject({ last: '0', shown: [] });
    expect(await handled([], 2)).toMatchObject({ last: '2', shown: ['1', '2'] });
  });
});
