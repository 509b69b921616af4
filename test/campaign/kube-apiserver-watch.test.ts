import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasSharedSamples, sharedObjects } from '../k0rdent/shared-samples.js';
import { judge, type Move, movesOf, type Verdict } from '../support/api-server/judge-watch.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson, startKgit } from '../support/kgit.js';
import { type EtcdHistory, readEtcd } from '../support/kube-apiserver/etcd-history.js';
import { type Fleet, fleetOf } from '../support/kube-apiserver/fleet.js';
import { type KubeApiServer, startKubeApiServer } from '../support/kube-apiserver/kube-apiserver.js';
import { until } from '../support/patience.js';

const OBJECTS = Number(process.env['OBJECTS'] ?? 3_000);
/** How many clusters change in a round of an outage, once each: a list then proves all of it. */
const CHANGES = Math.ceil(OBJECTS / 10);
/** How many clusters have a service that fails again and again, and are made and deleted. */
const FLAPPING = Math.ceil(OBJECTS / 75);

let server: KubeApiServer;
let fleet: Fleet;
let history: EtcdHistory;
beforeAll(async () => {
  if (!hasSharedSamples) throw new Error('the CRDs of k0rdent are not there: see shared-samples.ts');
  server = await startKubeApiServer();
  server.kubectl(['create', '-f', join(sharedObjects, '..', 'crds')]);
  server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  server.grant('reader');
  fleet = fleetOf(server);
});
afterAll(async () => {
  fleet?.close();
  history?.stop();
  await server?.stop();
});

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));
const names = Array.from({ length: OBJECTS }, (_, i) => `c-${String(i).padStart(5, '0')}`);
const flapping = names.slice(-FLAPPING);
/** Runs the rounds alone whose name has this in it. */
const ROUND = process.env['ROUND'] ?? '';

async function restart(...signals: readonly ('SIGTERM' | 'SIGKILL')[]): Promise<void> {
  for (const signal of signals) {
    server.signal(signal);
    if (signal !== signals.at(-1)) await sleep(2_000);
  }
  await server.ended();
  await server.start();
}

async function hang(): Promise<void> {
  server.signal('SIGSTOP');
  await sleep(60_000);
  server.signal('SIGCONT');
}

const compact = async () => server.compact(await server.revision());

let at = 0;
let waiting: readonly string[] = [];

/** A tenth of the clusters comes to wait for services; those that did so in the round before are ready again. */
async function changeOnce(): Promise<void> {
  const next = Array.from({ length: CHANGES }, (_, i) => names[(at + i) % OBJECTS] ?? '');
  at += CHANGES;
  await fleet.bring(waiting, 'Ready');
  await fleet.bring(next, 'ServicesPending');
  waiting = next;
}

/** A service of some clusters fails, is tried again, fails anew twice, and recovers; each step in a second of its own. */
async function flap(): Promise<void> {
  for (const state of [
    'ServicesFailed',
    'ServicesPending',
    'ServicesFailed',
    'ServicesFailed',
    'Ready',
  ] as const) {
    await fleet.bring(flapping, state);
    await sleep(1_100);
  }
}

/** Every cluster changes while others are made and deleted, and all is written to without a change between. */
async function churn(): Promise<void> {
  const made = flapping.map((name) => `new-${name}`);
  const whole = async () => {
    await fleet.bring(names, 'ServicesPending');
    await fleet.touch(names);
    await fleet.bring(names, 'Ready');
  };
  await Promise.all([
    whole(),
    (async () => {
      await fleet.create(made);
      await fleet.bring(made, 'Ready');
      await sleep(1_100);
      await fleet.bring(made, 'ServicesFailed');
      await fleet.remove(made);
      await sleep(1_100);
      await fleet.create(made);
    })(),
  ]);
}

interface Round {
  /** What is written while the outage lasts. */
  readonly writes: () => Promise<void>;
  readonly outage: () => Promise<void>;
  /** Whether clusters change several times while what the server knows of the past is lost. */
  readonly mayOvertake?: true;
}

const none = async () => undefined;
const ROUNDS: Readonly<Record<string, Round>> = {
  'churn of all': { writes: churn, outage: none },
  'flapping services': { writes: flap, outage: none },
  KILL: { writes: changeOnce, outage: () => restart('SIGKILL') },
  TERM: { writes: changeOnce, outage: () => restart('SIGTERM') },
  'TERM, then KILL': { writes: changeOnce, outage: () => restart('SIGTERM', 'SIGKILL') },
  'KILL twice': {
    writes: changeOnce,
    outage: async () => {
      await restart('SIGKILL');
      await restart('SIGKILL');
    },
  },
  'STOP for 60 s': { writes: changeOnce, outage: hang },
  compaction: { writes: changeOnce, outage: compact },
  'KILL and compaction': {
    writes: changeOnce,
    outage: async () => {
      server.signal('SIGKILL');
      await server.ended();
      await compact();
      await server.start();
    },
  },
  'flapping services, STOP for 60 s': { writes: flap, outage: hang },
  'flapping services, compaction': { writes: flap, outage: compact },
  'flapping services, KILL': { writes: flap, outage: () => restart('SIGKILL'), mayOvertake: true },
  'flapping services, the end of a watch after 300 s': {
    writes: async () => {
      for (const end = Date.now() + 310_000; Date.now() < end; await sleep(20_000)) await flap();
    },
    outage: none,
  },
};

const rounds = Object.entries(ROUNDS).filter(([name]) => name.includes(ROUND));

it('tells each transition once and in order, over restarts, hangs, compactions, churn and flapping', async () => {
  await fleet.create(names);
  await fleet.bring(names, 'Ready');
  history = await readEtcd(server.storeUrl);
  const folder = temporaryFolder();
  await kgitJson('.', ['init', folder]);
  const child = startKgit(folder, ['status', '--watch', '-o', 'jsonl', '--context', 'reader'], {
    env: { KUBECONFIG: server.kubeconfig },
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const said = { rest: '', err: '' };
  const rows: (Move & { readonly type: string })[] = [];
  child.stdout.on('data', (text) => {
    const found = `${said.rest}${text}`.split('\n');
    said.rest = found.pop() ?? '';
    rows.push(...found.map((line) => JSON.parse(line) as Move & { type: string }));
  });
  child.stderr.on('data', (text) => {
    said.err += text;
  });
  const told = () => rows.filter(({ type }) => type === 'changed');
  const known = new Map(names.map((name) => [name, { state: 'Ready', at: null }]));
  const verdicts: Record<string, Verdict> = {};
  let [read, seen] = [0, 0];
  try {
    await until(
      () => rows.some(({ type }) => type === 'watching'),
      () => said.err,
      200,
    );
    for (const [name, { writes, outage, mayOvertake }] of rounds) {
      const began = Date.now();
      await Promise.all([writes(), sleep(200).then(outage)]);
      // Clusters that are back where they were leave nothing to wait for: another one changes last.
      if (mayOvertake) await fleet.bring(names.slice(0, 1), 'ServicesPending');
      await history.caughtUp();
      const happened = movesOf(history.changes.slice(read), known);
      read = history.changes.length;
      // What is told beyond what happened would be told soon: the next rounds would not hide it, as `at` differs.
      const verdict = () => judge(happened, told().slice(seen));
      const isComplete = () => verdict().missed + (mayOvertake ? 0 : verdict().overtaken) === 0;
      await until(
        () => isComplete() || child.exitCode !== null,
        () => `${name}: ${JSON.stringify(verdict())}\n${said.err}`,
        1_000,
      );
      await sleep(2_000);
      verdicts[name] = verdict();
      seen = told().length;
      console.log(`${name}: ${JSON.stringify(verdicts[name])}, ${Math.round((Date.now() - began) / 1000)} s`);
      expect(child.exitCode, said.err).toBeNull();
    }
  } finally {
    child.kill('SIGINT');
    await closed;
    console.log(said.err);
  }
  console.table(verdicts);
  for (const [name, { mayOvertake }] of rounds) {
    const { overtaken, ...verdict } = verdicts[name] ?? expect.unreachable();
    expect(verdict, name).toMatchObject({ duplicates: 0, missed: 0, disordered: 0 });
    if (!mayOvertake) expect(overtaken, name).toBe(0);
  }
}, 3_600_000);
