import { callKgit } from './call-kgit.js';
import type { Writers } from './fleet.js';
import { type Call, isAcknowledged, type Step } from './history.js';
import { Random } from './random.js';

export interface StressOptions {
  readonly seed: number;
  /** Number of concurrent writers, spread over the clones. */
  readonly workers: number;
  /** Number of calls of each. */
  readonly calls: number;
  /** Number of shared registers; few cause conflicts. */
  readonly paths: number;
  /** Names of locks to use. */
  readonly locks: readonly string[];
  /** Of each call. */
  readonly timeout: string;
}

/** The last acknowledged value of each register, which the next comparison expects. */
type Known = Map<string, string | null>;

/** Chooses a worker's next step; the same for the same seed, except for expected values. */
function nextStep(
  random: Random,
  id: string,
  known: Known,
  held: string | null,
  options: StressOptions,
): Step {
  const path = `fight.p${random.below(options.paths)}`;
  const what = random.next();
  const isLocked = options.locks.length > 0 && random.next() < (held === null ? 0.3 : 0.8);
  const name = held ?? random.pick(options.locks.length > 0 ? options.locks : ['']);
  if (isLocked && held === null && what < 0.6) return { kind: 'lock', lock: name };
  if (isLocked && held !== null && what < 0.15) return { kind: 'unlock', lock: name };
  if (isLocked && what < (held === null ? 0.75 : 0.2)) return { kind: 'break', lock: name };
  const lock = isLocked ? { lock: name } : {};
  if (what < 0.1) return { kind: 'look', at: path };
  if (what < 0.3) return { kind: 'event', ...lock };
  if (what < 0.4) return { kind: 'unset', path, ...lock };
  const set = { kind: 'set', path, value: `v-${id}`, ...lock } as const;
  if (what < 0.55) return set;
  // Mostly the known value, so that about half of the calls succeed.
  const expected = random.next() < 0.15 ? null : (known.get(path) ?? null);
  return { ...set, expected };
}

function learn(known: Known, { step, answer, ...call }: Call): void {
  if (step.kind !== 'set' && step.kind !== 'unset') return;
  if (isAcknowledged({ step, answer, ...call }))
    known.set(step.path, step.kind === 'set' ? step.value : null);
  else if (answer?.error?.data?.path === step.path)
    known.set(step.path, (answer.error.data.actual ?? null) as string | null);
}

/** Runs all workers and returns their calls, unordered. */
export async function runStress(fleet: Writers, options: StressOptions): Promise<Call[]> {
  const known: Known = new Map();
  const more = ['--timeout', options.timeout];
  const calls: Call[] = [];
  const work = async (worker: number) => {
    const random = new Random(options.seed * 1000 + worker);
    let held: string | null = null;
    for (let i = 0; i < options.calls; i++) {
      const id = `w${worker}-${i}`;
      const step = nextStep(random, id, known, held, options);
      const call = await callKgit(fleet, worker % fleet.clones.length, id, step, { more });
      learn(known, call);
      if (step.kind === 'lock' && call.code === 0) held = step.lock;
      // A worker that lost or released its lease starts again.
      else if (step.lock !== undefined && (step.kind === 'unlock' || call.answer?.error)) held = null;
      calls.push(call);
    }
  };
  await Promise.all(Array.from({ length: options.workers }, (_, worker) => work(worker)));
  return calls;
}
