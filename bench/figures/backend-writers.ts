import { type BackendPlace, runClients, withBackends } from '../backend-places.js';
import { numberRow, type Row, ratioRow } from '../result.js';
import { quantile } from '../statistics.js';
import { progress, type Surroundings } from '../surroundings.js';
import { BACKENDS } from './backends.js';

const ROUNDS = 2;
/** By number of writers: how many writes each makes. */
const WRITES = new Map([
  [1, 16],
  [8, 4],
  [32, 2],
]);

/** BACKENDS-WRITERS: events of many machines at once, on each back end, beside git. */
export function backendWriters(surroundings: Surroundings): Promise<Row[]> {
  return withBackends(surroundings, BACKENDS, async (places) => {
    const times = new Map<string, number[]>();
    const late = new Map<string, number[]>();
    for (let round = 0; round < ROUNDS; round++)
      for (let i = 0; i < places.length; i++) {
        const place = places[(i + round) % places.length] as BackendPlace;
        for (const [writers, count] of WRITES) {
          const { calls, ms } = await runClients(surroundings, place, { mode: 'write', count }, writers);
          progress(`${place.name}, ${writers} writers: ${Math.round(ms)} ms`);
          const key = `${place.name} ${writers}`;
          times.set(key, [...(times.get(key) ?? []), ms / calls.length]);
          late.set(key, [...(late.get(key) ?? []), quantile(calls, 0.95)]);
        }
      }
    const rows: Row[] = [];
    for (const writers of WRITES.keys())
      for (const { name } of places) {
        const key = `${name} ${writers}`;
        const words = { command: 'store.pushEvent(EVENT)', target: null };
        const what = `${writers} ${writers === 1 ? 'writer' : 'writers'}: ${name}`;
        if (name !== 'git')
          rows.push(
            ratioRow(
              { ...words, what: `${what} against git, time for each event`, baseline: 'the same on git' },
              times.get(key) ?? [],
              times.get(`git ${writers}`) ?? [],
            ),
          );
        rows.push(
          numberRow({ ...words, what: `${what}, p95 of a write`, baseline: '' }, 'ms', late.get(key) ?? []),
        );
      }
    return rows;
  });
}
