import { callKgit } from './call-kgit.js';
import type { Fleet } from './fleet.js';
import type { Call, Step } from './history.js';
import { Random } from './random.js';

export interface LockStormOptions {
  readonly seed: number;
  /** Locks that were taken in all when it ends. */
  readonly acquisitions: number;
  readonly locks: readonly string[];
  /** Of each call. */
  readonly timeout: string;
}

/** What a clone does next with its lock: mostly what a holder does, sometimes what one does who does not know of it. */
function nextStep(random: Random, id: string, name: string, isHeld: boolean): Step {
  const what = random.next();
  const write = { kind: 'set', path: `fight.p${random.below(3)}`, value: `v-${id}`, lock: name } as const;
  if (!isHeld)
    return what < 0.8 ? { kind: 'lock', lock: name } : what < 0.9 ? { kind: 'break', lock: name } : write;
  return what < 0.45 ? write : what < 0.9 ? { kind: 'unlock', lock: name } : { kind: 'break', lock: name };
}

/** Every clone of a fleet takes, renews, releases and breaks the same locks, until enough were taken; all calls, in no order. */
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
      // A server that refuses the branch once would have the lock alone tell of a lease that was ended.
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
