import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Rights } from '../../../src/demo/api-server/access.js';
import { type ErrorJson, errorFromJson, type KgitError } from '../../../src/errors.js';
import type { Watchable } from '../../../src/k0rdent/observe/observation.js';
import { observe } from '../../../src/k0rdent/observe/observe.js';
import { type SeenTransition, watchAll } from '../../../src/k0rdent/watch/watch.js';
import { failingKubectl } from '../../support/api-server/failing-kubectl.js';
import type { KubeObject } from '../../support/api-server/objects.js';
import { type ApiServer, startApiServer, TOKENS } from '../../support/api-server/server.js';
import { until } from '../../support/patience.js';
import { clusterErrorOf, kubectlFor, requireKubectl, sample, samples } from '../support.js';

const NOW = new Date('2026-08-22T10:00:00Z');
let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
});
beforeEach(() => {
  server.reset();
  server.cluster.clusters = samples();
});
afterAll(() => server.stop());

const READY = sample('cld-01-azure-healthy.yaml');
const WAITING = sample('cld-13-kof-child-azure-services-progressing.yaml');

/** The object with another status: of `like`, in which a condition says `message`. */
function withStatus(object: KubeObject, like: KubeObject, message?: string): KubeObject {
  const status = like['status'] as { conditions: Record<string, unknown>[] };
  const conditions = status.conditions.map((one) => (message === undefined ? one : { ...one, message }));
  return { ...object, spec: like['spec'], status: { ...status, conditions } };
}

const watches = () => server.requests.filter(({ query }) => query.has('watch'));

/** Watches while `act` runs; the transitions told until it is through, and pauses asked for. */
async function watched(
  act: (told: () => SeenTransition[], ended: Promise<unknown>) => Promise<unknown>,
  context = 'admin',
  program = 'kubectl',
) {
  const stop = new AbortController();
  const kubectl = kubectlFor(server, context, { signal: stop.signal, program });
  const managements = [{ name: 'default', identities: [] }];
  const observation = await observe({ kubectl, managements, now: () => NOW, namespaces: ['team-payments'] });
  const told: SeenTransition[] = [];
  const troubles: KgitError[] = [];
  // Time goes by in pauses alone.
  let waited = 0;
  const end = watchAll(observation.watchable, {
    stop,
    now: () => new Date(NOW.getTime() + waited),
    onTransitions: async (found) => void told.push(...found),
    onContext: (_context, error) => void (error && troubles.push(error)),
    open: async () => {
      throw new Error('nothing is left to open');
    },
    pause: async (ms) => {
      waited += ms;
    },
  });
  const failed = end.then(
    () => undefined,
    (error: unknown) => error,
  );
  await Promise.race([until(() => server.journal.watches > 0), failed]);
  await act(() => told, failed).finally(() => stop.abort());
  const error = await failed;
  if (error !== undefined) throw error;
  return { told, troubles };
}

const short = ({ name, from, to }: SeenTransition) => `${name}: ${from} -> ${to}`;

it('tells each transition once, and none of what is written without one', async () => {
  const { told } = await watched(async (seen) => {
    server.apply(withStatus(READY, WAITING));
    server.apply(withStatus(READY, WAITING, '1 of 3'));
    server.apply(withStatus(READY, WAITING, '2 of 3'));
    const managedFields = [{ manager: 'kcm', time: NOW.toISOString() }];
    const beaten = { ...READY, metadata: { ...READY.metadata, managedFields, generation: 1 } };
    server.apply(withStatus(beaten, WAITING, '2 of 3'));
    server.apply(READY);
    server.apply(READY);
    server.remove(READY);
    const again = { ...READY, metadata: { ...READY.metadata, uid: 'another' } } as KubeObject;
    server.apply({ ...again, status: undefined });
    await until(() => seen().length >= 4);
  });
  expect(told.map(short)).toEqual([
    'azure-prod-weu: Ready -> ServicesPending',
    'azure-prod-weu: ServicesPending -> Ready',
    'azure-prod-weu: Ready -> null',
    'azure-prod-weu: null -> New',
  ]);
  expect(told[0]).toMatchObject({ management: 'default', cause: expect.stringMatching(/^service kof\//) });
  expect(told[1]?.at).toMatch(/^20\d\d-.*Z$/);
});

it('goes on from the last bookmark when the server ends the watch, or the connection breaks', async () => {
  const { told, troubles } = await watched(async (seen) => {
    server.journal.version += 100;
    server.journal.tell('bookmark');
    server.journal.tell('end');
    await until(() => watches().length === 2 && server.journal.watches === 1);
    expect(watches()[1]?.query.get('resourceVersion')).toBe(String(server.journal.version));
    server.journal.tell('cut');
    await until(() => server.journal.watches === 0);
    server.apply(withStatus(READY, WAITING));
    await until(() => seen().length === 1);
  });
  expect(told.map(short)).toEqual(['azure-prod-weu: Ready -> ServicesPending']);
  // One cut is no news: streams are cut all the time.
  expect(troubles).toEqual([]);
});

it.each(['a line of the stream', 'an HTTP status'])(
  'lists again and compares after a 410 in %s',
  async (how) => {
    const { told } = await watched(async (seen) => {
      const versions = server.requests.length;
      server.journal.tell('end');
      server.cluster.clusters = server.cluster.clusters
        .filter(({ metadata }) => metadata.name !== WAITING.metadata.name)
        .map((one) => (one.metadata.name === 'azure-prod-weu' ? withStatus(READY, WAITING) : one));
      server.journal.compact();
      if (how !== 'a line of the stream')
        server.inject({ kind: 'expired', times: 1, when: ({ query }) => query.has('watch') });
      await until(() => seen().length === 2 && server.journal.watches === 1);
      expect(server.requests.slice(versions).filter(({ query }) => query.has('limit'))).toHaveLength(1);
      server.apply(READY);
      await until(() => seen().length === 3);
    });
    expect(told.map(short).sort()).toEqual([
      'azure-prod-weu: Ready -> ServicesPending',
      'azure-prod-weu: ServicesPending -> Ready',
      'azure-westus3-child1: ServicesPending -> null',
    ]);
  },
);

it('watches the namespaces that may be read, and ends where access is taken away', async () => {
  const aws = sample('cld-03-aws-failed-capi.yaml');
  const { told } = await watched(async (seen) => {
    expect(watches().map(({ path }) => path.split('/').at(-2))).toEqual(['team-payments']);
    server.apply(withStatus(READY, WAITING));
    server.apply(withStatus(aws, READY));
    await until(() => seen().length === 1);
  }, 'team');
  expect(told.map(short)).toEqual(['aws-prod-use1: Failed -> Ready']);
  server.inject({ kind: 'unauthorized', when: ({ query }) => query.has('watch') });
  expect((await clusterErrorOf(watched(async () => undefined))).data['cause']).toBe('unauthorized');
});

it('goes on with the rest while a context fails, tells each cause once, and opens it when it can', async () => {
  const tokens = { good: TOKENS['admin'] as Rights, late: { ...(TOKENS['admin'] as Rights) } };
  const none = { ...tokens.late, clusters: [] };
  const rights: Record<string, Rights> = { good: tokens.good, late: none };
  const two = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], tokens: rights });
  try {
    two.cluster.clusters = [READY];
    const stop = new AbortController();
    const kubectl = kubectlFor(two, undefined, { signal: stop.signal });
    const look = (...contexts: string[]) =>
      observe({ kubectl, contexts, managements: [{ name: 'default', identities: [] }], now: () => NOW });
    const { contexts, watchable } = await look('good', 'late');
    const said: string[] = [];
    const told: SeenTransition[] = [];
    let pauses = 0;
    const end = watchAll(
      [...watchable, { context: 'late', error: errorFromJson(contexts[1]?.error as ErrorJson) }],
      {
        stop,
        now: () => NOW,
        onTransitions: async (found) => void told.push(...found),
        onContext: (context, error) => void said.push(`${context} ${error?.data['cause'] ?? 'ok'}`),
        open: async (context) => (await look(context)).watchable[0] as Watchable,
        pause: async () => {
          pauses += 1;
        },
      },
    );
    await until(() => two.journal.watches === 1 && pauses > 2);
    expect(said).toEqual([]);
    two.apply(withStatus(READY, WAITING));
    await until(() => told.length === 1);
    // Both watch the same clusters from here on.
    rights['late'] = tokens.late;
    await until(() => two.journal.watches === 2);
    expect(said).toEqual(['late ok']);
    two.apply(READY);
    await until(() => told.length === 2);
    // Taken away again, the other goes on; what is not watched in the end is told.
    rights['late'] = none;
    two.journal.tell('end');
    await until(() => said.length === 2);
    expect(said[1]).toBe('late forbidden');
    await until(() => two.journal.watches === 1);
    two.remove(READY);
    await until(() => told.length === 3);
    expect(told.map(short)).toEqual([
      'azure-prod-weu: Ready -> ServicesPending',
      'azure-prod-weu: ServicesPending -> Ready',
      'azure-prod-weu: Ready -> null',
    ]);
    stop.abort();
    expect([...(await end).keys()]).toEqual(['late']);
    expect(said).toHaveLength(2);
  } finally {
    await two.stop();
  }
});

/** kubectl, whose first two watches break off with these words after they gave `lines` lines. */
const breaking = (words: string, lines: number) => failingKubectl('*watch=1*', words, 2, lines);

it.each([
  [
    'error: http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=""',
    0,
  ],
  ['error: http2: client connection lost', 1],
  ['error: stream error: stream ID 1; INTERNAL_ERROR; received from peer', 0],
  ['error: read tcp 192.0.2.9:5->192.0.2.1:6443: read: connection timed out', 0],
  ['error: read tcp 192.0.2.9:5->192.0.2.1:6443: use of closed network connection', 0],
  ['Unable to connect to the server: dial tcp 192.0.2.1:6443: connect: no route to host', 0],
  [
    'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    0,
  ],
  ['error: EOF', 1],
  ['error: words that nobody knows', 0],
  ['error: words that nobody knows', 2],
])('goes on, and misses nothing, after: %s (%i lines)', async (words, lines) => {
  const { program, failures } = breaking(words, lines);
  const { told } = await watched(
    async (seen) => {
      await until(() => failures() === 2 && server.journal.watches === 1);
      server.apply(withStatus(READY, WAITING));
      await until(() => seen().length === 1);
    },
    'admin',
    program,
  );
  expect(told.map(short)).toEqual(['azure-prod-weu: Ready -> ServicesPending']);
});

it('lists anew where the server comes back from a backup that is older than what was seen', async () => {
  const { told } = await watched(async (seen) => {
    server.journal.version += 1_000;
    server.journal.tell('bookmark');
    server.journal.version -= 2_000;
    server.cluster.clusters = server.cluster.clusters.map((one) =>
      one.metadata.name === 'azure-prod-weu' ? withStatus(READY, WAITING) : one,
    );
    server.inject({ kind: 'unavailable', times: 1, when: ({ query }) => query.has('watch') });
    server.journal.tell('end');
    await until(() => seen().length === 1);
    // The tests after this one share the server.
    server.journal.version += 1_000;
  });
  expect(told.map(short)).toEqual(['azure-prod-weu: Ready -> ServicesPending']);
});

it('goes on where a server that has just started refuses everybody, as it knows no roles yet', async () => {
  const { told, troubles } = await watched(async (seen) => {
    server.inject({ kind: 'forbidden', times: 4, when: ({ path }) => path.endsWith('/clusterdeployments') });
    server.journal.tell('cut');
    await until(() => server.journal.watches === 1 && watches().length >= 3);
    server.apply(withStatus(READY, WAITING));
    await until(() => seen().length === 1);
  });
  expect(told.map(short)).toEqual(['azure-prod-weu: Ready -> ServicesPending']);
  expect(troubles.map(({ data }) => data['cause'])).toEqual(['forbidden']);
});

it('ends where access stays refused after a restart', async () => {
  const refused = watched((_, ended) => {
    server.inject({ kind: 'forbidden', when: ({ path }) => path.endsWith('/clusterdeployments') });
    server.journal.tell('cut');
    return ended;
  });
  expect((await clusterErrorOf(refused)).data['cause']).toBe('forbidden');
});

it('ends where a begun stream is refused for good', async () => {
  const { program } = breaking('error: You must be logged in to the server (Unauthorized)', 0);
  const error = await clusterErrorOf(watched(async () => undefined, 'admin', program));
  expect(error.data['cause']).toBe('unauthorized');
});
