import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasSharedSamples, sharedObjects } from '../k0rdent/shared-samples.js';
import { ask, type RawAnswer, type RecordedAnswer } from '../support/api-server/asking.js';
import { type Ending, endingOf, type RecordedEnding } from '../support/api-server/endings.js';
import type { KubeObject } from '../support/api-server/objects.js';
import { askAll } from '../support/api-server/questions.js';
import { type KubeApiServer, startKubeApiServer } from '../support/kube-apiserver/kube-apiserver.js';
import { until } from '../support/patience.js';

const LIST = '/apis/k0rdent.mirantis.com/v1beta1/clusterdeployments';

/** Compares with what is recorded; RECORD=1 records it instead. */
function expectRecorded(file: string, found: object): void {
  const path = fileURLToPath(new URL(`../support/api-server/${file}`, import.meta.url));
  if (process.env['RECORD'] === '1') writeFileSync(path, `${JSON.stringify(found, null, 2)}\n`);
  expect(found).toEqual(JSON.parse(readFileSync(path, 'utf8')));
}

let server: KubeApiServer;
beforeAll(async () => {
  if (!hasSharedSamples) throw new Error('the CRDs of k0rdent are not there: see shared-samples.ts');
  server = await startKubeApiServer();
  const crds = join(sharedObjects, '..', 'crds');
  for (const kind of ['clusterdeployments', 'managements'])
    server.kubectl(['create', '-f', join(crds, `k0rdent.mirantis.com_${kind}.yaml`)]);
  server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  server.kubectl(['create', 'namespace', 'team-payments']);
  server.grant('reader');
  server.grant('team', 'team-payments');
});
afterAll(() => server.stop());

const apply = (object: KubeObject) => void server.kubectl(['apply', '-f', '-'], JSON.stringify(object));

it('still answers as recorded', async () => {
  const clusters = ['clusterdeployments', '-n', 'team-payments'];
  const answers = await askAll({
    ...server,
    apply,
    remove: ({ metadata }) => void server.kubectl(['delete', ...clusters, metadata.name]),
    compact: async () => server.compact(await server.revision()),
    bookmark: () => undefined,
  });
  expectRecorded('recorded.json', answers);
});

it('still ends watches as recorded', async () => {
  const restarted = async (...signals: ('SIGTERM' | 'SIGKILL')[]) => {
    for (const signal of signals) {
      server.signal(signal);
      // A server that stops sends GOAWAY at once, and ends watches after a minute.
      if (signal !== signals.at(-1)) await new Promise((wake) => setTimeout(wake, 5_000));
    }
    await server.ended();
    await server.start();
  };
  const acts: Readonly<Record<Ending, () => Promise<void>>> = {
    'the time of the watch is over': async () => undefined,
    'the server stops': () => restarted('SIGTERM'),
    'the server stops, and is killed before it has ended its watches': () => restarted('SIGTERM', 'SIGKILL'),
    'the server is killed': () => restarted('SIGKILL'),
    'the server hangs': async () => {
      server.signal('SIGSTOP');
      await new Promise((wake) => setTimeout(wake, 10_000));
      server.signal('SIGCONT');
    },
  };
  const endings: Record<string, RecordedEnding> = {};
  for (const [ending, act] of Object.entries(acts)) {
    endings[ending] = await endingOf({ ...server, apply, act }, ending as Ending);
  }
  expectRecorded('recorded-endings.json', endings);
}, 600_000);

/** What the answers of a server that starts are called; null for others. */
function nameOf({ status, text }: RawAnswer): string | null {
  if (status === 403 && text.includes('cannot list') && !text.includes('RBAC: '))
    return 'a start, before the rights are read';
  if (status === 429) return 'a start, before the kind is read';
  return status === 503 ? 'a start, before all paths are served' : null;
}

it('still starts as recorded', async () => {
  const starts: Record<string, RecordedAnswer> = {};
  const asked = [
    ['reader', `${LIST}?limit=1`],
    ['reader', `${LIST}?watch=1&timeoutSeconds=1`],
    ['admin', LIST],
  ] as const;
  let isOver = false;
  /** Asks again and again, through a restart. */
  const asking = async ([token, path]: (typeof asked)[number]) => {
    while (!isOver) {
      const answer = await ask(server, token, path).catch(() => null);
      const name = answer && nameOf(answer);
      if (answer !== null && name !== null) {
        const { text: _, ...rest } = answer;
        starts[name] ??= rest;
      }
      await new Promise((wake) => setTimeout(wake, 10));
    }
  };
  // Each state lasts some tenths of a second: a few starts show all of them.
  const asks = asked.map(asking);
  await until(async () => {
    server.signal('SIGKILL');
    await server.ended();
    await server.start();
    return Object.keys(starts).length === 3;
  });
  isOver = true;
  await Promise.all(asks);
  expectRecorded('recorded-starts.json', starts);
}, 600_000);
