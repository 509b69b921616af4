import type { Clock } from '../../store/port/host.js';

const FIRST_MS = 1000;
const LONGEST_MS = 5 * 60_000;

/**
 * Time to wait before the next try, in ms: doubles with each try up to 5 minutes, of which a random half is left out,
 * so that targets that failed together do not come back together. Never shorter than the receiver asked for.
 * @param tries how many were made, at least one
 * @param afterMs what the receiver asked for; null if nothing
 */
export function retryMs({ random }: Pick<Clock, 'random'>, tries: number, afterMs: number | null): number {
  const bound = Math.min(FIRST_MS * 2 ** Math.min(tries - 1, 20), LONGEST_MS);
  return Math.max(bound * (0.5 + random() / 2), afterMs ?? 0);
}
