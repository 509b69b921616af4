import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MonitorTimes, RunningMonitor } from '../../../src/app/monitor/monitor.js';
import { startMonitor } from '../../../src/app/monitor/start-monitor.js';
import { Observer } from '../../../src/app/observe/observer.js';
import { configured } from '../../../src/app/open/configured.js';
import { writeEvent } from '../../../src/app/write/write-events.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import type { NewsItem, TransitionNews } from '../../../src/news/news-item.js';
import { localSettings } from '../../../src/setup/config.js';
import { systemClock } from '../../../src/setup/this-host.js';
import { kubectlFor, requireKubectl, sample } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { until } from '../../support/patience.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { thisProcess } from '../../support/store-fixtures.js';

const UID = '5c0f2f55-7d0e-4a51-9d5f-0a4f4f6a1f00';
const MANAGEMENT = sample('mgmt-01-healthy.yaml');
const MARKER = `apiVersion: kgit/v1
kind: StateRepository
managements:
  default:
    identity: management-uid:${MANAGEMENT.metadata.uid}
    other_identities: [kube-system-uid:${UID}]
`;
const READY = sample('cld-01-azure-healthy.yaml');
const WAITING = sample('cld-13-kof-child-azure-services-progressing.yaml');
const { namespace, name } = READY.metadata;
const waiting = { ...READY, spec: WAITING['spec'], status: WAITING['status'] };

let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [MANAGEMENT], kubeSystemUid: UID });
});
beforeEach(() => {
  server.reset();
  server.cluster.clusters = [READY, WAITING];
});
afterAll(() => server.stop());

const running: RunningMonitor[] = [];
afterEach(() => Promise.all(running.splice(0).map((monitor) => monitor.stop())));

async function field() {
  const memory = memoryWriting();
  // Events are newer than the clusters.
  await memory.clock.sleep(Date.now() - memory.clock.now());
  await swapAll(memory.store, null, [commit({ 'kgit.yaml': MARKER }, 'begin')]);
  return {
    ...memory,
    push: async (word: string, action: string) => writeEvent(await memory.writing(), { word }, { action }),
    start: async (times: Partial<MonitorTimes> = {}, program = 'kubectl', contexts = ['admin']) => {
      const { opened, reading } = await memory.read();
      const monitor = await startMonitor({
        context: { ...(await configured(opened, localSettings([]), reading.view)), reading },
        local: localSettings([]),
        observer: (context) =>
          new Observer(context, {
            kubectl: (_, signal) => kubectlFor(server, undefined, { program, signal }),
            contexts,
            learnsNot: 'a server writes nothing',
            actor: memory.writer().actor,
            ids: memory.ids,
            now: () => systemClock.now(),
            note: () => undefined,
            asking: (work) => work,
            broken: new SkippedEvents(),
          }),
        refreshMs: 100,
        clock: systemClock,
        host: thisProcess,
        times: { look: 20, retry: 20, stuck: Number.POSITIVE_INFINITY, ...times },
      });
      running.push(monitor);
      return monitor;
    },
  };
}

const rows = (monitor: RunningMonitor) =>
  monitor.fleet.report.clusters.map(({ name: own, state }) => `${own} ${state}`);

/** Waits until the watch of the stand-in is open, so that changes come through it. */
async function isWatched(monitor: RunningMonitor): Promise<void> {
  await until(() => rows(monitor).length > 0 && server.requests.some(({ query }) => query.has('watch')));
}

async function newsOf(monitor: RunningMonitor, kind: NewsItem['kind'], count: number): Promise<NewsItem[]> {
  const stop = new AbortController();
  const found: NewsItem[] = [];
  for await (const item of monitor.news.follow(null, stop.signal) ?? []) {
    if (item.kind === kind) found.push(item);
    if (found.length === count) stop.abort();
  }
  return found;
}

const short = (items: readonly NewsItem[]) =>
  items.map((item) => {
    if (item.kind === 'divergence')
      return `${item.document.type} ${item.document.divergence} ${item.document.name}`;
    const { type, name: own, from, to } = (item as TransitionNews).document;
    return `${type} ${own} ${from} -> ${to}`;
  });

describe('a monitor of a fleet', () => {
  it('has live rows beside their last event, and tells each transition once, also those that it missed', async () => {
    const { push, start } = await field();
    await push(`${namespace}/${name}`, 'cluster_created');
    const first = await start();
    await isWatched(first);
    expect(rows(first)).toContain(`${name} Ready`);
    const { version } = first.fleet;
    const own = () => first.fleet.report.clusters.find((one) => one.name === name);
    expect(own()?.lastEvent).toMatchObject({ action: 'cluster_created' });
    await push(`${namespace}/${name}`, 'cluster_scaled');
    await until(() => own()?.lastEvent?.action === 'cluster_scaled');
    server.apply(waiting);
    expect(short(await newsOf(first, 'transition', 1))).toEqual([`changed ${name} Ready -> ServicesPending`]);
    await until(() => own()?.state === 'ServicesPending');
    expect(first.fleet.version).toBeGreaterThan(version);
    await first.stop();

    server.apply(READY);
    server.remove(WAITING);
    const second = await start();
    const missed = await newsOf(second, 'transition', 3);
    expect(short(missed.slice(1)).sort()).toEqual(
      [
        `missed ${name} ServicesPending -> Ready`,
        `missed ${WAITING.metadata.name} ServicesPending -> null`,
      ].sort(),
    );
    await second.stop();

    const third = await start();
    await isWatched(third);
    expect(third.news.last).toBe(missed[2]?.id);
  });

  it('goes on without a server that is away, and says so with what it last saw', async () => {
    const { start } = await field();
    const monitor = await start();
    await isWatched(monitor);
    const seen = rows(monitor);
    server.inject({ kind: 'unavailable' });
    server.journal.tell('cut');
    await until(() => monitor.health.contexts[0]?.error != null);
    expect(monitor.health.contexts).toMatchObject([{ context: 'admin', management: 'default' }]);
    expect(rows(monitor)).toEqual(seen);
    server.reset();
    server.apply(waiting);
    await until(() => monitor.health.contexts[0]?.error === null);
    expect(short(await newsOf(monitor, 'transition', 1))).toEqual([
      `changed ${name} Ready -> ServicesPending`,
    ]);
  });

  it('serves a repository where no cluster can be asked, and tries again for ever', async () => {
    const { push, start } = await field();
    const named = await start({}, '/nowhere/kubectl');
    expect(named.hasLooked).toBe(false);
    await until(() => named.hasLooked);
    expect(named.health.contexts).toMatchObject([
      { context: 'admin', observedAt: null, error: { code: 'CLUSTER' } },
    ]);
    await push('prod', 'cluster_created');
    await newsOf(named, 'change', 1);
    await named.stop();
    const none = await start({}, '/nowhere/kubectl', []);
    await until(() => none.hasLooked && none.fleet.version > 0);
    expect(none.health.contexts).toEqual([]);
  });

  it('tells a divergence that lasts, and its end, once', async () => {
    const { push, start } = await field();
    await push(`${namespace}/${name}`, 'cluster_created');
    const first = await start({ divergence: 0 });
    await isWatched(first);
    // What was there at the first look is on the page, and no news.
    expect(first.fleet.report.divergence).toMatchObject([{ kind: 'untracked', name: WAITING.metadata.name }]);
    await push('team-a/lost', 'cluster_created');
    await push(`${WAITING.metadata.namespace}/${WAITING.metadata.name}`, 'cluster_scaled');
    const expected = ['found vanished lost', `resolved untracked ${WAITING.metadata.name}`];
    expect(short(await newsOf(first, 'divergence', 2)).sort()).toEqual(expected);
    await first.stop();
    const second = await start({ divergence: 0 });
    await isWatched(second);
    await push('team-a/lost', 'cluster_deleted');
    expect(short(await newsOf(second, 'divergence', 3)).at(-1)).toBe('resolved vanished lost');
  });
});
