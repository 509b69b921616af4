import { afterAll, beforeAll, expect, it } from 'vitest';
import { observe } from '../../../src/k0rdent/observe/observe.js';
import { type SeenTransition, watchAll } from '../../../src/k0rdent/watch/watch.js';
import { type FleetState, LIKE, statusSince } from '../../support/api-server/fleet-states.js';
import { judge, movesOf, type StoredChange } from '../../support/api-server/judge-watch.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { startWay, type Way } from '../../support/api-server/way.js';
import { until } from '../../support/patience.js';
import { kubectlFor, requireKubectl, sample } from '../support.js';

const NOW = new Date('2026-08-22T10:00:00Z');
const NAMES = Array.from({ length: 12 }, (_, i) => `c${String(i).padStart(2, '0')}`);
const FLAPPING = NAMES.slice(0, 3);

let server: ApiServer;
let way: Way;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
  way = await startWay(Number(new URL(server.url).port));
});
afterAll(async () => {
  await way.down();
  await server.stop();
});

let seconds = 0;

/** Brings each cluster to a state, since a second that no other write has. */
function bring(names: readonly string[], state: FleetState): void {
  for (const name of names) {
    seconds += 1;
    const since = new Date(NOW.getTime() - 3_000_000 + seconds * 1000);
    const metadata = { ...LIKE.Ready.metadata, name, uid: `${name}-1` };
    server.apply({ ...LIKE.Ready, metadata, status: statusSince(state, since) });
  }
}

/** A service of some clusters fails, is tried again, fails anew twice, and recovers; `act` happens in between. */
async function flapAround(act: () => Promise<void>): Promise<void> {
  bring(FLAPPING, 'ServicesFailed');
  bring(FLAPPING, 'ServicesPending');
  await act();
  bring(FLAPPING, 'ServicesFailed');
  bring(FLAPPING, 'ServicesFailed');
  bring(FLAPPING, 'Ready');
}

/** What happens to the server, or the way to it; `told` waits for the next cause that the watch tells. */
const OUTAGES: Readonly<Record<string, (told: () => Promise<void>) => Promise<void>>> = {
  'the connection breaks': async () => way.cut(),
  'the watch ends': async () => server.journal.tell('end'),
  'the server is killed': async () => server.journal.tell('cut'),
  'the server stops': async () => {
    server.journal.tell('goaway');
    server.journal.tell('end');
  },
  'the server stops, and is killed before it has ended its watches': async () => {
    server.journal.tell('goaway');
    server.journal.tell('cut');
  },
  'the server is away': async (told) => {
    await way.down();
    await told();
    await way.up();
  },
  'the server is away, and knows no roles when it is back': async (told) => {
    await way.down();
    await told();
    server.inject({ kind: 'forbidden', times: 3 });
    await way.up();
  },
  'the server hangs': async () => way.hang(),
};

it('tells each transition once and in order, over outages and compactions, with flapping services', async () => {
  bring(NAMES, 'Ready');
  const context = { name: 'admin', token: 'admin', server: `https://127.0.0.1:${way.port}` };
  const stop = new AbortController();
  const kubectl = kubectlFor(server, 'admin', {
    signal: stop.signal,
    kubeconfig: server.writeKubeconfig([context]),
    // kubectl asks a silent connection whether it lives: after a second, not after thirty.
    environment: {
      ...process.env,
      ...{ HTTP2_READ_IDLE_TIMEOUT_SECONDS: '1', HTTP2_PING_TIMEOUT_SECONDS: '1' },
    },
  });
  const { watchable } = await observe({
    ...{ kubectl, managements: [{ name: 'default', identities: [] }], now: () => NOW },
  });
  const changes: StoredChange[] = [];
  // The journal is what etcd is of a real server: no outage touches it.
  const deaf = server.journal.listen((news) => {
    if (typeof news !== 'string')
      changes.push({ name: news.object.metadata.name, object: news.type === 'DELETED' ? null : news.object });
  });
  const told: SeenTransition[] = [];
  const causes: string[] = [];
  const end = watchAll(watchable, {
    ...{ stop, now: () => NOW },
    onTransitions: async (found) => void told.push(...found),
    onContext: (_, error) => void causes.push(String(error?.data['cause'] ?? 'fine')),
    open: async () => expect.unreachable('nothing is left to open'),
    pause: () => new Promise((wake) => setTimeout(wake, 5)),
  });
  const verdict = () =>
    judge(movesOf(changes, new Map(NAMES.map((name) => [name, { state: 'Ready', at: null }]))), told);
  const allTold = (name: string) =>
    until(
      () => verdict().missed + verdict().overtaken === 0,
      () => `${name}: ${JSON.stringify([verdict(), causes])}`,
    );
  try {
    for (const [name, outage] of Object.entries(OUTAGES)) {
      // The journal of this test listens, too.
      await until(() => server.journal.watches > 1);
      await flapAround(async () => {
        const before = causes.length;
        await outage(() => until(() => causes.length > before));
      });
      await allTold(name);
    }
    // What a list alone shows proves one change of each cluster.
    for (const state of ['ServicesPending', 'Ready'] as const) {
      await until(() => server.journal.watches > 1);
      await way.down();
      bring(NAMES.slice(0, 6), state);
      server.journal.compact();
      await way.up();
      bring(NAMES.slice(6), state);
      await allTold('a compaction while the server is away');
    }
  } finally {
    deaf();
    stop.abort();
    await end;
  }
  const flaps = Object.keys(OUTAGES).length * FLAPPING.length * 5;
  const transitions = flaps + 2 * NAMES.length;
  const all = { transitions, told: transitions };
  expect(verdict()).toEqual({ ...all, duplicates: 0, missed: 0, overtaken: 0, disordered: 0 });
  expect(causes).toContain('forbidden');
});
