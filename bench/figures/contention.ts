import type { Row } from '../result.js';
import { numberRow, ratioRow } from '../result.js';
import { quantile } from '../statistics.js';
import { progress, type Surroundings } from '../surroundings.js';
import { type Fare, fare, kgitWriter, makeFleet, naiveWriter, type Writer } from '../writers.js';

const CLONES = 8;
const EACH = 20;
/** A round takes minutes. */
const ROUNDS = 3;
/** Extra seconds of a push at a forge. */
const FORGE_DELAY = 0.5;
const INTERVAL = '2s';
const PROCESSES = 16;
const EVENTS = 10;
const LONE = 20;

type Write = (clone: string, i: number) => Writer;
type Side = 'naive' | 'waiting' | 'queued';

const COMMAND = 'kgit push-event touched --cluster c0 --message TEXT';
const NAIVE = 'bench/baselines/commit-push-loop.sh CLONE FILE PATH';
const COMMANDS: Readonly<Record<Exclude<Side, 'naive'>, string>> = {
  waiting: COMMAND,
  queued: `KGIT_PUBLISH_INTERVAL=${INTERVAL} ${COMMAND}`,
};

function writersOf(surroundings: Surroundings): Readonly<Record<Side, Write>> {
  return {
    naive: naiveWriter(surroundings),
    waiting: kgitWriter(surroundings, surroundings.env()),
    queued: kgitWriter(surroundings, surroundings.env({ KGIT_PUBLISH_INTERVAL: INTERVAL })),
  };
}

/** A quantile of the writes' times, in ms. */
const latency = ({ writes }: Fare, part: number) =>
  quantile(
    writes.map(({ ms }) => ms),
    part,
  );

/** Runs all sides in turn, rotating the order each round, each with its own server and clones. */
async function rounds(surroundings: Surroundings, delay: number): Promise<Record<Side, Fare[]>> {
  const sides = writersOf(surroundings);
  const names = Object.keys(sides) as Side[];
  const fares: Record<Side, Fare[]> = { naive: [], waiting: [], queued: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length] as Side;
      const fleet = makeFleet(surroundings, CLONES, delay);
      const one = await fare(surroundings, fleet, { writers: 1, each: EACH }, sides[name]);
      progress(
        `${name}: ${Math.round(one.ms)} ms, ${one.pushes} pushes, ${one.landed} landed, ${one.lost} lost`,
      );
      fares[name].push(one);
    }
  }
  return fares;
}

const times = (fares: readonly Fare[]) => fares.map(({ ms }) => ms);
const p99s = (fares: readonly Fare[]) => fares.map((one) => latency(one, 0.99));

function rowsOf(
  fares: Record<Side, Fare[]>,
  where: string,
  targets: Readonly<Record<Exclude<Side, 'naive'>, number>>,
): Row[] {
  const about = `${CLONES} clones x ${EACH} writes`;
  return (['waiting', 'queued'] as const).flatMap((side) => {
    const words = { command: COMMANDS[side], baseline: NAIVE };
    const own = fares[side];
    const sum = (of: (one: Fare) => number) => own.map(of);
    const what = `${side}, ${about}${where}`;
    return [
      ratioRow(
        { ...words, what: `${what}: until all is on the branch`, target: targets[side] },
        times(own),
        times(fares.naive),
      ),
      ratioRow({ ...words, what: `${what}: p99 of a write`, target: 1 }, p99s(own), p99s(fares.naive)),
      numberRow(
        { ...words, baseline: '', what: `${what}: median of a write`, target: null },
        'ms',
        sum((one) => latency(one, 0.5)),
      ),
      numberRow(
        { ...words, baseline: '', what: `${what}: pushes`, target: null },
        'pushes',
        sum(({ pushes }) => pushes),
      ),
      numberRow(
        { ...words, baseline: '', what: `${what}: lost`, target: 0 },
        'events',
        sum(({ lost }) => lost),
      ),
    ];
  });
}

async function oneClone(surroundings: Surroundings): Promise<Row[]> {
  const { waiting } = writersOf(surroundings);
  const words = { command: COMMAND, baseline: '' };
  const alone = await fare(surroundings, makeFleet(surroundings, 1), { writers: 1, each: LONE }, waiting);
  const many: Fare[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const fleet = makeFleet(surroundings, 1);
    many.push(await fare(surroundings, fleet, { writers: PROCESSES, each: EVENTS }, waiting));
  }
  const what = `${PROCESSES} processes x ${EVENTS} events in one clone`;
  return [
    numberRow(
      { ...words, what: `${what}: pushes`, target: 24 },
      'pushes',
      many.map(({ pushes }) => pushes),
    ),
    numberRow(
      { ...words, what: `${what}: lost`, target: 0 },
      'events',
      many.map(({ lost }) => lost),
    ),
    numberRow(
      { ...words, what: `${what}: median of a write`, target: null },
      'ms',
      many.map((one) => latency(one, 0.5)),
    ),
    numberRow({ ...words, what: `${what}: p99 of a write`, target: null }, 'ms', p99s(many)),
    numberRow(
      { ...words, what: 'a lone writer: median of a write', target: null },
      'ms',
      alone.writes.map(({ ms }) => ms),
    ),
    numberRow({ ...words, what: 'a lone writer: pushes of 20 writes', target: LONE }, 'pushes', [
      alone.pushes,
    ]),
  ];
}

/** CONTENTION: many writers of one branch on this machine, against a script that commits and pushes in a loop. */
export async function contention(surroundings: Surroundings): Promise<Row[]> {
  const targets = { waiting: 1, queued: 0.7 };
  return [...rowsOf(await rounds(surroundings, 0), '', targets), ...(await oneClone(surroundings))];
}

/** FORGE: the same with half a second more per push, as at a forge. */
export async function forge(surroundings: Surroundings): Promise<Row[]> {
  const targets = { waiting: 0.6, queued: 0.3 };
  return rowsOf(await rounds(surroundings, FORGE_DELAY), ', 0.5 s more for each push', targets);
}
