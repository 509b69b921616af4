import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { manyClusters } from '../many-clusters.js';
import { numberRow, type Row } from '../result.js';
import { type RunningServer, startServer } from '../serve/running-server.js';
import { StreamClient } from '../serve/stream-client.js';
import { madeRepository, progress, type Surroundings, serverOf } from '../surroundings.js';

const CLUSTERS = 2_000;
const EVENTS = 100_000;
const CLIENTS = 200;
/** Events that are written while all clients listen, and in how many seconds. */
const NEWS = 1_000;
const NEWS_SECONDS = 60;
/** A day of clients that reconnect every five minutes. */
const RECONNECTS = CLIENTS * 12 * 24;
/** How many of them reconnect at a time. */
const AT_ONCE = 40;
const ROUNDS = 7;
const CHROMIUM = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** SERVE: `kgit serve` with 2,000 clusters and 100,000 events: start, page, 200 streams, a day of reconnects. */
export async function serve(surroundings: Surroundings): Promise<Row[]> {
  const made = madeRepository(surroundings.project, EVENTS, CLUSTERS);
  const repository = serverOf(surroundings, made, 'state.git');
  const clusters = await manyClusters(surroundings, CLUSTERS);
  const server = await startServer(surroundings, repository, clusters.kubeconfig);
  try {
    const start = numberRow({ ...WORDS, what: 'from the start to ready', target: null }, 'ms', [
      server.readyMs,
    ]);
    return [
      start,
      ...(await answers(server)),
      ...(await page(server)),
      ...(await load(surroundings, server, repository)),
    ];
  } finally {
    await server.stop();
    await clusters.stop();
  }
}

const WORDS = { command: 'kgit serve', baseline: '' };

async function answers(server: RunningServer): Promise<Row[]> {
  const { url } = server;
  progress('SERVE: the index of events');
  const began = performance.now();
  await until(async () => (await fetch(`${url}/api/v1/activity`)).status === 200);
  const words = { ...WORDS, what: 'from ready until all events are in the index', target: null };
  const rows: Row[] = [numberRow(words, 'ms', [performance.now() - began])];
  progress('SERVE: answers of the API');
  for (const path of [
    '/api/v1/status',
    '/api/v1/events?limit=50',
    '/api/v1/activity',
    '/api/v1/runs',
    '/metrics',
  ]) {
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const began = performance.now();
      const answer = await fetch(`${url}${path}`);
      const body = await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
      times.push(performance.now() - began);
      if (round === 0)
        rows.push(
          numberRow(
            {
              ...WORDS,
              what: `\`${path}\`, the first time, ${Math.round(body.byteLength / 1024)} KB`,
              target: null,
            },
            'ms',
            times,
          ),
        );
    }
    rows.push(numberRow({ ...WORDS, what: `\`${path}\``, target: null }, 'ms', times.slice(1)));
  }
  return rows;
}

/** Time to the first contentful paint, and to the first rows, in a new context of a browser each. */
async function page({ url }: RunningServer): Promise<Row[]> {
  progress('SERVE: the page in Chromium');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM });
  const paints: number[] = [];
  const rows: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const context = await browser.newContext();
      const tab = await context.newPage();
      await tab.goto(`${url}/clusters`, { waitUntil: 'commit' });
      await tab.getByText('fleet-0000').first().waitFor();
      const seen = await tab.evaluate(
        '[performance.getEntriesByName("first-contentful-paint")[0].startTime, performance.now()]',
      );
      const [paint, shown] = seen as [number, number];
      paints.push(paint);
      rows.push(shown);
      await context.close();
    }
  } finally {
    await browser.close();
  }
  return [
    numberRow({ ...WORDS, what: 'first contentful paint of the fleet', target: 300 }, 'ms', paints),
    numberRow({ ...WORDS, what: 'rows of the fleet shown', target: null }, 'ms', rows),
  ];
}

/** 200 streams: news while all of them listen, then a day of reconnects; nothing missed, nothing twice, nothing leaked. */
async function load(surroundings: Surroundings, server: RunningServer, repository: string): Promise<Row[]> {
  progress(`SERVE: ${CLIENTS} streams`);
  const idle = { memory: await server.memoryMb(), descriptors: server.descriptors() };
  const clients = Array.from({ length: CLIENTS }, () => new StreamClient(server.url));
  for (const client of clients) await client.connect();
  const listening = { memory: await server.memoryMb(), descriptors: server.descriptors() };
  await write(surroundings, repository, NEWS, NEWS_SECONDS);
  await until(() => clients.every(({ changes }) => changes.length >= NEWS));
  const told = { memory: await server.memoryMb(), descriptors: server.descriptors() };
  progress(`SERVE: ${RECONNECTS} reconnects`);
  const writing = write(surroundings, repository, NEWS, NEWS_SECONDS * 2);
  let done = 0;
  const reconnect = async (client: StreamClient) => {
    client.break();
    await client.connect();
    done++;
  };
  while (done < RECONNECTS) {
    const from = done % CLIENTS;
    await Promise.all(clients.slice(from, from + AT_ONCE).map(reconnect));
  }
  await writing;
  await until(() => clients.every(({ changes }) => changes.length >= 2 * NEWS));
  for (const { changes, resets } of clients)
    if (new Set(changes).size !== 2 * NEWS || changes.length !== 2 * NEWS || resets > 0)
      throw new Error(
        `a client got ${changes.length} events, ${new Set(changes).size} of them different, ${resets} resets`,
      );
  const after = { memory: await server.memoryMb(), descriptors: server.descriptors() };
  for (const client of clients) client.break();
  await until(() => server.descriptors() <= idle.descriptors + 5);
  const end = { memory: await server.memoryMb(), descriptors: server.descriptors() };
  const note = 'Each client got each event once, in order.';
  const memory = (what: string, { memory: mb, descriptors }: typeof idle) =>
    numberRow({ ...WORDS, what: `memory ${what}, ${descriptors} descriptors`, target: null, note }, 'MB', [
      mb,
    ]);
  return [
    memory('idle', idle),
    memory(`with ${CLIENTS} streams`, listening),
    memory(`after ${NEWS} events in ${NEWS_SECONDS} s`, told),
    memory(`after ${RECONNECTS} reconnects and ${NEWS} more events`, after),
    memory('once all streams are gone', end),
  ];
}

/** Writes events one by one, spread over some seconds, through the library in a clone of its own. */
async function write(
  surroundings: Surroundings,
  repository: string,
  count: number,
  seconds: number,
): Promise<void> {
  const writer = spawn(
    process.execPath,
    [join(surroundings.project, 'bench/serve/write-events.mjs'), repository, String(count), String(seconds)],
    {
      env: surroundings.env(),
      cwd: surroundings.folder(`writer-${process.hrtime.bigint()}`),
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const [code] = (await once(writer, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the writer ended with ${code}`);
}

/** How long the index may take, and news to reach all clients, in ms. */
const WITHIN_MS = 240_000;

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + WITHIN_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('news do not arrive');
    await sleep(50);
  }
}
