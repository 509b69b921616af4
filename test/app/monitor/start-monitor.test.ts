import { afterEach, describe, expect, it } from 'vitest';
import type { MonitorOptions, RunningMonitor } from '../../../src/app/monitor/monitor.js';
import { startMonitor } from '../../../src/app/monitor/start-monitor.js';
import { changeState } from '../../../src/app/write/change-state.js';
import { writeEvent } from '../../../src/app/write/write-events.js';
import { EnvironmentError, RemoteError } from '../../../src/errors.js';
import type { NewsItem } from '../../../src/news/news-item.js';
import { localSettings } from '../../../src/setup/config.js';
import { systemClock } from '../../../src/setup/this-host.js';
import { wentBack } from '../../../src/store/port/shared-history.js';
import type { Revision, RevisionChange } from '../../../src/store/port/state-store.js';
import { MemoryStore } from '../../support/memory-store.js';
import { memoryWriting, sets } from '../../support/memory-writing.js';
import { until } from '../../support/patience.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { FaultyStore, thisProcess } from '../../support/store-fixtures.js';

const SECRET = `ghp_${'a1B2c3D4e5'.repeat(4)}`.slice(0, 40);
const MARKER = 'apiVersion: kgit/v1\nkind: StateRepository\n';

/** A store that no longer has one revision, and that cannot be read some times after it said so. */
class LosingStore extends MemoryStore {
  lost: Revision | null = null;
  #failures = 0;

  override async *changes(after: Revision | null, signal: AbortSignal): AsyncGenerator<RevisionChange> {
    if (after !== null && after === this.lost) {
      this.#failures = 5;
      throw wentBack(after);
    }
    yield* super.changes(after, signal);
  }

  override async head(): ReturnType<MemoryStore['head']> {
    this.#failures -= 1;
    if (this.#failures >= 0) throw new RemoteError('no route', { data: { remote: 'unreachable' } });
    return super.head();
  }
}

const running: RunningMonitor[] = [];
afterEach(() => Promise.all(running.splice(0).map((monitor) => monitor.stop())));

/** A store in memory, and what writes to it. */
async function repository(own: MemoryStore = new MemoryStore()) {
  const memory = memoryWriting({}, own);
  const { store, writing } = memory;
  await swapAll(store, null, [commit({ 'kgit.yaml': MARKER }, 'begin')]);
  await memory.begin({ 'deployment.phase': 'one' });
  return {
    ...memory,
    set: async (values: Parameters<typeof sets>[0]) =>
      changeState(
        await writing(),
        { deployment: 'dep-a', create: true },
        { fields: { action: 'state_changed' }, edits: sets(values) },
      ),
    push: async (word: string, action: string) => writeEvent(await writing(), { word }, { action }),
    commitFiles: async (files: Record<string, string | null>) =>
      swapAll(store, (await store.head()).revision, [commit(files, 'by hand')]),
    start: async (options: Partial<MonitorOptions> = {}) => {
      const monitor = await startMonitor({
        context: await memory.read(),
        local: localSettings([]),
        observer: null,
        refreshMs: 100,
        clock: systemClock,
        host: thisProcess,
        // The writes of these tests are dated years ago.
        times: { look: 20, retry: 20, stuck: Number.POSITIVE_INFINITY },
        ...options,
      });
      running.push(monitor);
      return monitor;
    },
  };
}

/** The next news behind `after`, so many. */
async function nextNews({ news }: RunningMonitor, after: string | null, count: number): Promise<NewsItem[]> {
  const stop = new AbortController();
  const found: NewsItem[] = [];
  for await (const item of news.follow(after, stop.signal) ?? []) {
    found.push(item);
    if (found.length === count) stop.abort();
  }
  return found;
}

const titles = (items: readonly NewsItem[]) =>
  items.map((item) => (item.kind === 'change' ? item.document.title : item.kind));

describe('a monitor of a repository', () => {
  it('tells each revision, masked, once it can be read, and nothing that was there before', async () => {
    const { push, commitFiles, start, store } = await repository();
    const monitor = await start();
    const { last } = monitor.news;
    await commitFiles({
      'deployments/dep-a/state.yaml': `deployment: {phase: two}\nazure: {token: ${SECRET}}\n`,
    });
    await push('prod', 'cluster_created');
    const items = await nextNews(monitor, last, 2);
    const [state, event] = items.map((item) => (item.kind === 'change' ? item.document : null));
    expect(state?.changes).toMatchObject([
      { path: 'deployment.phase', before: 'one', after: 'two', subject: 'deployment/dep-a' },
      { path: 'azure' },
    ]);
    expect(JSON.stringify(items)).not.toContain(SECRET);
    expect(event?.events).toMatchObject([
      { action: 'cluster_created', subject: 'cluster/default/kcm-system/prod' },
    ]);
    expect(monitor.context.reading.revision).toBe((await store.head()).revision);
    expect(monitor.health.repository).toMatchObject({ revision: event?.revision, error: null, skipped: [] });
  });

  it('goes on after a restart where it was, without a gap and without repeating anything', async () => {
    const { set, start } = await repository();
    const first = await start();
    const { last } = first.news;
    await set({ a: '1' });
    const [one] = await nextNews(first, last, 1);
    await first.stop();
    await set({ a: '2' });
    await set({ a: '3' });
    const second = await start();
    await set({ a: '4' });
    const items = await nextNews(second, last, 4);
    expect(items[0]).toEqual(one);
    const values = items.map((item) => (item.kind === 'change' ? item.document.changes[0]?.['after'] : null));
    expect(values).toEqual(['1', '2', '3', '4']);
    await second.stop();
    const third = await start();
    expect(third.news.last).toBe(items[3]?.id);
  });

  it('is refused while another one follows the same clone', async () => {
    const { start } = await repository();
    await start();
    const refused = await start().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(EnvironmentError);
    expect((refused as EnvironmentError).message).toContain(`process ${process.pid}`);
  });

  it('names events that cannot be read, and tells the others of the same revision', async () => {
    const { push, commitFiles, start, store } = await repository();
    await push('prod', 'cluster_created');
    const monitor = await start();
    const { last } = monitor.news;
    const path = (await monitor.context.reading.view.list('clusters/default/kcm-system/prod/events'))?.[0]
      ?.name;
    const folder = `clusters/default/kcm-system/prod/events/${path}`;
    const [file] = (await store.view((await store.head()).revision).list(folder)) ?? [];
    const broken = `${folder}/${file?.name.replace(/^(.{25})./, (_, id) => `${id}${file.name[25] === '0' ? '1' : '0'}`)}`;
    await commitFiles({ [broken]: ': no event', 'README.md': 'hi' });
    const [item] = await nextNews(monitor, last, 1);
    expect(item).toMatchObject({ document: { files: ['README.md'], events: [] } });
    expect(monitor.health.repository.skipped.map((one) => one.path)).toEqual([broken]);
  });

  it('fetches once for calls that come together, and says why it could not until it can', async () => {
    const store = new FaultyStore();
    const { start } = await repository(store);
    let isAway = true;
    store.onRefresh = () => {
      if (isAway) throw new RemoteError('no route', { data: { remote: 'unreachable' } });
    };
    const monitor = await start({ refreshMs: 3_600_000 });
    for (let i = 0; i < 20; i++) monitor.refresh();
    await until(() => monitor.health.repository.error?.code === 'REMOTE');
    expect(store.refreshes).toBe(1);
    isAway = false;
    monitor.refresh();
    await until(() => store.refreshes === 2);
  });

  it('goes on after a rewrite, also if the store cannot be read at once', async () => {
    const store = new LosingStore();
    const { commitFiles, start } = await repository(store);
    const first = await start();
    const { last: begin } = first.news;
    await commitFiles({ 'README.md': 'one' });
    await nextNews(first, begin, 1);
    const { last } = first.news;
    await first.stop();
    const from = (await store.head()).revision;
    await commitFiles({ 'README.md': 'hi' });
    store.lost = from;
    const second = await start();
    const [item] = await nextNews(second, last, 1);
    expect(item).toMatchObject({ kind: 'repository', document: { type: 'rewritten', from } });
    await commitFiles({ 'README.md': 'more' });
    expect(titles(await nextNews(second, item?.id ?? '', 1))).toEqual(['by hand']);
    expect(second.health.repository.rewrittenAt).not.toBeNull();
  });

  it('cuts a document that would be too large', async () => {
    const { commitFiles, start } = await repository();
    const monitor = await start();
    const { last } = monitor.news;
    const names = Array.from({ length: 4_000 }, (_, i) => [`${'x'.repeat(40)}-${i}`, 'x']);
    await commitFiles(Object.fromEntries(names));
    const [item] = await nextNews(monitor, last, 1);
    expect(item).toMatchObject({ document: { truncated: true, title: 'by hand' } });
    expect(JSON.stringify(item).length).toBeLessThan(64 * 1024);
  });

  it('keeps its settings while kgit.yaml cannot be used, and says so until it can', async () => {
    const { commitFiles, start } = await repository();
    const monitor = await start();
    const { last } = monitor.news;
    await commitFiles({ 'kgit.yaml': 'apiVersion: kgit/v9\nkind: StateRepository\n' });
    await nextNews(monitor, last, 1);
    expect(monitor.health.repository.error).toMatchObject({ code: 'INVALID_STATE' });
    await commitFiles({
      'kgit.yaml': `${MARKER}managements: {default: {identity: 'kube-system-uid:5c0f2f55-7d0e-4a51-9d5f-0a4f4f6a1f00'}}\n`,
    });
    await nextNews(monitor, last, 2);
    expect(monitor.health.repository.error).toBeNull();
    expect([...monitor.context.managements.keys()]).toEqual(['default']);
  });

  it('tells that writes wait for too long, and that none waits any more', async () => {
    const { writing, start, context } = await repository();
    const monitor = await start({ times: { look: 20, retry: 20, stuck: 0 } });
    const { last } = monitor.news;
    await writeEvent(
      await writing({ terms: { queue: true } }),
      { word: 'prod' },
      { action: 'cluster_created' },
    );
    const [stuck] = await nextNews(monitor, last, 1);
    expect(stuck).toMatchObject({ kind: 'outbox', document: { type: 'stuck', waiting: 1 } });
    expect(monitor.health.outbox.waiting).toBe(1);
    expect(monitor.context.reading.pending).toHaveLength(1);
    await context.opened.repository.sync(Date.now() + 5_000);
    const items = await nextNews(monitor, stuck?.id ?? '', 2);
    expect(titles(items).sort()).toEqual(['outbox', expect.stringContaining('cluster_created')].sort());
    expect(items.find(({ kind }) => kind === 'outbox')).toMatchObject({
      document: { type: 'published', waiting: 0 },
    });
  });
});
