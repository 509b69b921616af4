import { callKgit } from './call-kgit.js';
import type { Fleet } from './fleet.js';
import type { Call, Step } from './history.js';
import { Random } from './random.js';

export interface LockStormOptions {
  readonly seed: number;
  /** Total number of acquisitions after which it ends. */
  readonly acquisitions: number;
  readonly locks: readonly string[];
  /** Of each call. */
  readonly timeout: string;
}

/** Chooses a clone's next step with its lock: mostly as its holder, sometimes as if it did not know of the lock. */
function nextStep(random: Random, id: string, name: string, isHeld: boolean): Step {
  const what = random.next();
  const write = { kind: 'set', path: `fight.p${random.below(3)}`, value: `v-${id}`, lock: name } as const;
  if (!isHeld)
    return what < 0.8 ? { kind: 'lock', lock: name } : what < 0.9 ? { kind: 'break', lock: name } : write;
  return what < 0.45 ? write : what < 0.9 ? { kind: 'unlock', lock: name } : { kind: 'break', lock: name };
}

/** Lets all clones of a fleet take, renew, release and break the same locks until enough were taken. Returns all calls, unordered. */
export async function runLockStorm(fleet: Fleet, options: LockStormOptions): Promise<Call[]> {
  const { seed, acquisitions, locks, timeout } = options;
  const calls: Call[] = [];
  let taken = 0;
  const work = async (clone: number) => {
    const random = new Random(seed * 1000 + clone);
    let held: string | null = null;
    for (let i = 0; taken < acquisitions; i++) {
      const id = `c${clone}-${i}`;
      const name: string = held ?? random.pick(locks);
      const step = nextStep(random, id, name, held !== null);
      // If the server refuses the branch once, only the lock records the end of a lease.
      const told = step.kind === 'lock' || step.kind === 'break' ? ['--require-publish'] : [];
      const call = await callKgit(fleet, clone, id, step, { more: ['--timeout', timeout, ...told] });
      calls.push(call);
      if (step.kind === 'lock' && call.code === 0) {
        held = name;
        taken += 1;
      } else if (step.kind === 'unlock' || step.kind === 'break' || call.answer?.error?.code === 'FENCED')
        held = null;
    }
  };
  await Promise.all(fleet.clones.map((_, clone) => work(clone)));
  return calls;
}
