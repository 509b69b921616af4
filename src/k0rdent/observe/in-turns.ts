import type { Kubectl } from '../kubectl/kubectl.js';

/** The same kubectl, of which `limit` questions at most run at a time; each is a process. */
export type Turns = (kubectl: Kubectl) => Kubectl;

/** Bounds how many questions run at a time, of all kubectls that are given to it together. */
export function inTurns(limit: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  async function turn<T>(ask: () => Promise<T>): Promise<T> {
    if (running >= limit) await new Promise<void>((begin) => waiting.push(begin));
    else running++;
    try {
      return await ask();
    } finally {
      // The turn goes to who waits longest, or is given back.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }
  return (kubectl) => ({ ...kubectl, get: (path) => turn(() => kubectl.get(path)) });
}
