import { openStateRepository } from '../../src/setup/composition.js';
import { localSettings, readSources } from '../../src/setup/config.js';
import {
  type BackendPlace,
  clientEnv,
  diskMb,
  memoryMb,
  runClients,
  withBackends,
} from '../backend-places.js';
import { nextEvent } from '../event-files.js';
import { numberRow, type Row, ratioRow } from '../result.js';
import { median } from '../statistics.js';
import { progress, type Surroundings } from '../surroundings.js';

export const BACKENDS = ['git', 'file', 'sqlite', 'redis', 'etcd', 'consul'] as const;
const ROUNDS = 3;
const WRITES = 12;
const READS = 30;
const NOTICES = 8;
const EVENTS = 10_000;
/** Events that fit into one transaction of SQLite. */
const BATCH = 1_000;
const MILLION = 1_000_000;
const CLUSTERS = 1_000;

type Times = Map<string, number[]>;

const WRITE = 'store.pushEvent(EVENT)';
const READ = "store.get('deployment.phase')";

function addTo(times: Times, name: string, value: number): void {
  times.set(name, [...(times.get(name) ?? []), value]);
}

/** Opens a store as the program does. */
async function opened(surroundings: Surroundings, place: BackendPlace, number: number) {
  const environment = clientEnv(surroundings, place, number);
  const cwd = surroundings.root;
  const sources = await readSources({
    flags: {},
    environment,
    cwd,
    uid: process.getuid?.() ?? null,
    file: undefined,
    warn: progress,
  });
  const { repository } = await openStateRepository(localSettings(sources).settings, cwd, environment);
  return repository.store;
}

/** Times from the answer of a write until another client has the change, in ms. */
async function notices(surroundings: Surroundings, place: BackendPlace): Promise<number[]> {
  const [writer, watcher] = [await opened(surroundings, place, 0), await opened(surroundings, place, 1)];
  const ended = new AbortController();
  const author = { name: 'bench', email: 'bench@example.com' };
  const begun = (await watcher.refresh(60_000)).revision;
  const seen = new Map<string, number>();
  const watching = (async () => {
    for await (const { revision } of watcher.changes(begun, ended.signal))
      seen.set(revision, performance.now());
  })();
  const found: number[] = [];
  for (let i = 0; i < NOTICES; i++) {
    const { revision: base } = await writer.refresh(60_000);
    const files = new Map([[`notes/n${i}.txt`, `${Math.random()}`]]);
    const outcome = await writer.swap(base, [{ message: 'note', author, time: Date.now(), files }], 60_000);
    const done = performance.now();
    const revision = outcome.kind === 'swapped' ? (outcome.revisions[0] ?? '') : '';
    if (revision === '') throw new Error(`${place.name}: ${outcome.kind}`);
    while (!seen.has(revision) && performance.now() - done < 20_000)
      await new Promise((go) => setTimeout(go, 1));
    found.push(Math.max((seen.get(revision) ?? Number.NaN) - done, 0));
  }
  ended.abort();
  await watching;
  await writer.close();
  await watcher.close();
  return found;
}

/** BACKENDS: writes, reads, notices, memory and disk of each back end, beside git. */
export function backends(surroundings: Surroundings): Promise<Row[]> {
  return withBackends(surroundings, BACKENDS, async (places) => {
    const [writes, reads, watched]: [Times, Times, Times] = [new Map(), new Map(), new Map()];
    for (let round = 0; round < ROUNDS; round++)
      for (let i = 0; i < places.length; i++) {
        const place = places[(i + round) % places.length] as BackendPlace;
        const wrote = await runClients(surroundings, place, { mode: 'write', count: WRITES });
        addTo(writes, place.name, median(wrote.calls));
        const read = await runClients(surroundings, place, { mode: 'read', count: READS });
        addTo(reads, place.name, median(read.calls));
      }
    for (const place of places) {
      progress(`${place.name}: notices`);
      watched.set(place.name, await notices(surroundings, place));
    }
    const of = (times: Times, name: string) => times.get(name) ?? [];
    const others = places.filter(({ name }) => name !== 'git');
    const rows: Row[] = [];
    for (const [what, command, times] of [
      ['a write, in a program that runs', WRITE, writes],
      ['a read, in a program that runs', READ, reads],
    ] as const)
      for (const { name } of others) {
        const words = {
          what: `${what}: ${name} against git`,
          command,
          baseline: `${command} on git`,
          target: null,
        };
        rows.push(ratioRow(words, of(times, name), of(times, 'git')));
      }
    for (const { name } of places) {
      const words = { what: `from the answer of a write to the notice of another: ${name}`, target: null };
      rows.push(numberRow({ ...words, command: 'store.changes()', baseline: '' }, 'ms', of(watched, name)));
    }
    return [...rows, ...(await sizes(surroundings, places))];
  });
}

/** What 10,000 events take, added as one operation. */
async function sizes(surroundings: Surroundings, places: readonly BackendPlace[]): Promise<Row[]> {
  const rows: Row[] = [];
  const command = `store.pushEvents(${EVENTS} EVENTS)`;
  for (const place of places) {
    progress(`${place.name}: ${EVENTS} events`);
    const before = [diskMb(place.folder), place.pid === null ? 0 : memoryMb(place.pid)] as const;
    const added = await runClients(surroundings, place, { mode: 'bulk', count: 1, each: EVENTS });
    const words = { command, baseline: '', target: null };
    const what = `${EVENTS} events at once: ${place.name}`;
    rows.push(numberRow({ ...words, what: `${what}, time` }, 'ms', added.calls));
    rows.push(numberRow({ ...words, what: `${what}, disk` }, 'MB', [diskMb(place.folder) - before[0]]));
    if (place.pid !== null)
      rows.push(
        numberRow({ ...words, what: `${what}, memory of the server` }, 'MB', [
          memoryMb(place.pid) - before[1],
        ]),
      );
  }
  return rows;
}

/** Puts a million events into a store, beside the outbox. Returns how long each commit took, in ms. */
async function filled(surroundings: Surroundings, place: BackendPlace): Promise<number[]> {
  const store = await opened(surroundings, place, 0);
  const author = { name: 'bench', email: 'bench@example.com' };
  const times: number[] = [];
  let base = (await store.refresh(60_000)).revision;
  for (let i = 0; i < MILLION / BATCH; i++) {
    const events = Array.from({ length: BATCH }, () => nextEvent(CLUSTERS));
    const files = new Map(events.map(({ path, text }) => [path, text]));
    const began = performance.now();
    const outcome = await store.swap(base, [{ message: 'events', author, time: Date.now(), files }], 60_000);
    times.push(performance.now() - began);
    if (outcome.kind !== 'swapped') throw new Error(`${place.name}: ${outcome.kind}`);
    base = outcome.revisions.at(-1) ?? null;
    if (i % 100 === 0) progress(`${place.name}: ${i * BATCH} events`);
  }
  await store.close();
  return times;
}

/** BACKENDS-MILLION: what a write and a read cost once a SQLite store has a million events. */
export function million(surroundings: Surroundings): Promise<Row[]> {
  return withBackends(surroundings, ['sqlite'], async ([place]) => {
    if (!place) return [];
    const times = async (mode: 'write' | 'read', count: number) =>
      (await runClients(surroundings, place, { mode, count })).calls;
    const [writes, reads] = [await times('write', 3 * WRITES), await times('read', 3 * READS)];
    const added = await filled(surroundings, place);
    const words = { target: null, baseline: 'the same in an empty store' };
    const [what, alone] = [`sqlite, ${MILLION} events`, { target: null, baseline: '' }];
    return [
      ratioRow(
        { ...words, what: `${what}: a write`, command: WRITE },
        await times('write', 3 * WRITES),
        writes,
      ),
      ratioRow({ ...words, what: `${what}: a read`, command: READ }, await times('read', 3 * READS), reads),
      numberRow(
        { ...alone, what: `${what}: ${BATCH} more in one commit`, command: `swap of ${BATCH} files` },
        'ms',
        added,
      ),
      numberRow({ ...alone, what: `${what}: disk`, command: `swap of ${BATCH} files` }, 'MB', [
        diskMb(place.folder),
      ]),
    ];
  });
}
