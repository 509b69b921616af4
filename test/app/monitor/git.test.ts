import { rename } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningMonitor } from '../../../src/app/monitor/monitor.js';
import { startMonitor } from '../../../src/app/monitor/start-monitor.js';
import { readConfigured } from '../../../src/app/open/configured.js';
import type { NewsItem } from '../../../src/news/news-item.js';
import { openStateRepository } from '../../../src/setup/composition.js';
import { localSettings } from '../../../src/setup/config.js';
import { systemClock, thisHost } from '../../../src/setup/this-host.js';
import type { Clock } from '../../../src/store/port/host.js';
import { cloneOf, git } from '../../support/git-fixtures.js';
import { until } from '../../support/patience.js';
import { commitFiles, sharedState } from '../../support/state-repository.js';

const HOUR_MS = 60 * 60 * 1000;
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A monitor of a clone, and another clone of the same remote that pushes. */
async function field(refreshMs: number, clock: Clock = systemClock) {
  const remote = sharedState();
  const [here, other] = [cloneOf(remote), cloneOf(remote)];
  const local = localSettings([]);
  const start = async () => {
    const opened = await openStateRepository(local.settings, here, process.env);
    const context = await readConfigured(opened, local, 'try');
    const monitor = await startMonitor({
      ...{ context, local, refreshMs, observer: null, clock, host: thisHost },
      times: { look: 20, retry: 20 },
    });
    const end = async () => {
      await monitor.stop();
      await opened.repository.close();
    };
    ends.push(end);
    return { monitor, end };
  };
  const push = (text: string, ...flags: string[]) => {
    commitFiles(other, { 'README.md': text });
    git(other, 'push', '--quiet', ...flags, 'origin', 'main');
    return git(other, 'rev-parse', 'HEAD').trim();
  };
  return { remote, other, start, push };
}

async function nextNews({ news }: RunningMonitor, after: string | null, count: number): Promise<NewsItem[]> {
  const stop = new AbortController();
  const found: NewsItem[] = [];
  for await (const item of news.follow(after, stop.signal) ?? []) {
    found.push(item);
    if (found.length === count) stop.abort();
  }
  return found;
}

const revisions = (items: readonly NewsItem[]) =>
  items.map((item) => (item.kind === 'change' ? item.document.revision : item.kind));

describe('a monitor of a git repository', () => {
  it('has what another clone pushes at once when it is told to, and at its own pace', async () => {
    const told = await field(HOUR_MS);
    const { monitor } = await told.start();
    const { last } = monitor.news;
    const first = told.push('one');
    for (let i = 0; i < 20; i++) monitor.refresh();
    expect(revisions(await nextNews(monitor, last, 1))).toEqual([first]);
    expect(monitor.context.reading.revision).toBe(first);
    expect(monitor.health.repository).toMatchObject({ revision: first, error: null });

    const paced = await field(200);
    const own = (await paced.start()).monitor;
    const second = paced.push('one');
    expect(revisions(await nextNews(own, own.news.last.replace(/-\d+$/, '-0'), 1))).toEqual([second]);
  });

  it('goes on from the new head after a force-push, also one that came while it was down', async () => {
    const { other, start, push } = await field(HOUR_MS);
    const { monitor, end } = await start();
    const { last } = monitor.news;
    const lost = push('one');
    monitor.refresh();
    await nextNews(monitor, last, 1);
    git(other, 'reset', '--quiet', '--hard', 'HEAD~1');
    const found = push('two', '--force');
    monitor.refresh();
    const items = await nextNews(monitor, last, 2);
    expect(items[1]).toMatchObject({
      kind: 'repository',
      document: { type: 'rewritten', from: lost, to: found },
    });
    expect(monitor.health.repository.rewrittenAt).not.toBeNull();
    const next = push('three');
    monitor.refresh();
    expect(revisions(await nextNews(monitor, items[1]?.id ?? '', 1))).toEqual([next]);
    await end();

    git(other, 'reset', '--quiet', '--hard', 'HEAD~1');
    const again = push('four', '--force');
    const second = (await start()).monitor;
    const more = await nextNews(second, last, 4);
    expect(more[3]).toMatchObject({ kind: 'repository', document: { from: next, to: again } });
  });

  it.each([
    ['', systemClock],
    [', though the clock was set back meanwhile', { ...systemClock, now: () => Date.now() + 3_600_000 }],
  ])('says that the server is away, and goes on when it is back%s', async (_, clock) => {
    const { remote, start, push } = await field(100, clock);
    const { monitor } = await start();
    const { last } = monitor.news;
    await rename(remote, `${remote}-away`);
    await until(() => monitor.health.repository.error?.code === 'REMOTE');
    await rename(`${remote}-away`, remote);
    await until(() => monitor.health.repository.error === null);
    const revision = push('one');
    expect(revisions(await nextNews(monitor, last, 1))).toEqual([revision]);
  });
});
