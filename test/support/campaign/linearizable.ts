import type { Held } from './history.js';

/** One operation on a register, with the interval in which it took effect. */
export interface RegisterCall {
  readonly name: string;
  readonly began: number;
  /** Infinity if it may take effect at any time after `began`. */
  readonly ended: number;
  /** What it must find: omitted if anything will do, `any` for anything but nothing. */
  readonly finds?: { readonly value: Held } | 'any';
  /** What it leaves; omitted if it only reads. */
  readonly leaves?: { readonly value: Held };
}

const allows = ({ finds }: RegisterCall, held: Held): boolean =>
  finds === undefined || (finds === 'any' ? held !== null : finds.value === held);

/**
 * Whether there is an order of the calls that a single register could have answered, in which none that ended
 * before another began stands behind it (Wing and Gong; with Lowe's memory of places that lead nowhere).
 * Null where there is one; else the longest order that was found, to show where it breaks.
 */
export function linearize(calls: readonly RegisterCall[], initial: Held): string[] | null {
  const sorted = [...calls].sort((a, b) => a.began - b.began);
  const done = new Array<boolean>(sorted.length).fill(false);
  const deadEnds = new Set<string>();
  const order: number[] = [];
  let longest: number[] = [];

  /** Calls that may come next: no remaining call ended before they began. */
  const candidates = (first: number): number[] => {
    const open: number[] = [];
    let earliestEnd = Number.POSITIVE_INFINITY;
    for (let i = first; i < sorted.length; i++) {
      const call = sorted[i] as RegisterCall;
      if (done[i]) continue;
      if (call.began > earliestEnd) break;
      open.push(i);
      earliestEnd = Math.min(earliestEnd, call.ended);
    }
    return open.filter((i) => (sorted[i] as RegisterCall).began <= earliestEnd);
  };

  const search = (held: Held): boolean => {
    const first = done.indexOf(false);
    if (first < 0) return true;
    let key = `${first}:${held}:`;
    for (let i = first; i < done.length; i++) if (done[i]) key += `${i},`;
    if (deadEnds.has(key)) return false;
    for (const i of candidates(first)) {
      const call = sorted[i] as RegisterCall;
      if (!allows(call, held)) continue;
      done[i] = true;
      order.push(i);
      if (order.length > longest.length) longest = [...order];
      if (search(call.leaves ? call.leaves.value : held)) return true;
      order.pop();
      done[i] = false;
    }
    deadEnds.add(key);
    return false;
  };

  return search(initial) ? null : longest.map((i) => (sorted[i] as RegisterCall).name);
}
