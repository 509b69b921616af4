import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask, type RecordedAnswer } from '../../support/api-server/asking.js';
import { type Ending, endingOf, type RecordedEnding } from '../../support/api-server/endings.js';
import type { FaultKind } from '../../support/api-server/faults.js';
import { askAll } from '../../support/api-server/questions.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { startWay } from '../../support/api-server/way.js';
import { requireKubectl } from '../support.js';

/** What a real API server answered: see CONTRIBUTING.md for how it is recorded. */
const recorded = <T>(file: string): Record<string, T> =>
  JSON.parse(
    readFileSync(fileURLToPath(new URL(`../../support/api-server/${file}`, import.meta.url)), 'utf8'),
  );

let server: ApiServer;
beforeEach(async () => {
  server = await startApiServer();
});
afterEach(() => server.stop());

it('answers as a real API server did', async () => {
  const answers = await askAll({
    ...server,
    compact: () => {
      server.lists.expire();
      server.journal.compact();
    },
    bookmark: () => server.journal.tell('bookmark'),
  });
  expect(answers).toEqual(recorded<RecordedAnswer>('recorded.json'));
});

const STARTS = recorded<RecordedAnswer>('recorded-starts.json');
const FAULTS: Readonly<Record<string, FaultKind>> = {
  'a start, before the kind is read': 'throttled',
  'a start, before all paths are served': 'starting',
  'a start, before the rights are read': 'forbidden',
};

it.each(Object.entries(STARTS))('starts as a real API server did: %s', async (name, start) => {
  const kind = FAULTS[name];
  if (kind === undefined) expect.unreachable('no fault of the stand-in is like it');
  else server.inject({ kind });
  const { text: _, ...answer } = await ask(
    server,
    'admin',
    '/apis/k0rdent.mirantis.com/v1beta1/clusterdeployments',
  );
  expect(answer).toEqual(start);
});

const ENDINGS = recorded<RecordedEnding>('recorded-endings.json');

it.each(Object.entries(ENDINGS))('ends a watch as a real API server did: %s', async (ending, real) => {
  requireKubectl();
  const way = await startWay(Number(new URL(server.url).port));
  const url = `https://127.0.0.1:${way.port}`;
  const acts: Readonly<Record<Ending, () => void>> = {
    'the time of the watch is over': () => undefined,
    'the server stops': () => {
      server.journal.tell('goaway');
      server.journal.tell('end');
    },
    'the server stops, and is killed before it has ended its watches': () => {
      server.journal.tell('goaway');
      server.journal.tell('cut');
    },
    'the server is killed': () => server.journal.tell('cut'),
    'the server hangs': way.hang,
  };
  try {
    const ended = await endingOf(
      {
        ...{ url, certificate: server.certificate },
        kubeconfig: server.writeKubeconfig([{ name: 'admin', token: 'admin', server: url }]),
        apply: server.apply,
        act: async (what) => acts[what](),
      },
      ending as Ending,
    );
    expect(ended).toEqual(real);
  } finally {
    await way.down();
  }
});
