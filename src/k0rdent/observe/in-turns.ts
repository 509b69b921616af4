import type { Kubectl } from '../kubectl/kubectl.js';

/** Wraps a kubectl so that at most `limit` queries run at a time; each is a process. */
export type Turns = (kubectl: Kubectl) => Kubectl;

/** Limits the number of parallel queries of all wrapped kubectls together. */
export function inTurns(limit: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  async function turn<T>(ask: () => Promise<T>): Promise<T> {
    if (running >= limit) await new Promise<void>((begin) => waiting.push(begin));
    else running++;
    try {
      return await ask();
    } finally {
      // Pass the turn to the longest waiter, or release it.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }
  return (kubectl) => ({ ...kubectl, get: (path) => turn(() => kubectl.get(path)) });
}
