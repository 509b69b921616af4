import { type Call, type History, isAcknowledged, isWrite } from './history.js';

/** How long a lease of the campaigns lasts, in ms. */
export const LEASE_MS = 5_000;

/** An interval in which a clone certainly holds a lock. */
interface Holding {
  readonly id: string;
  readonly name: string;
  readonly clone: number;
  readonly token: number;
  readonly from: number;
  readonly to: number;
}

/** When a call may have ended the lease: any call of the same clone except a write, or a break by anybody, from its start on. */
function mayEnd(grant: Call, other: Call): boolean {
  if (other.id === grant.id || other.ended < grant.began || isWrite(other)) return false;
  if (!('lock' in other.step) || !('lock' in grant.step) || other.step.lock !== grant.step.lock) return false;
  return other.step.kind === 'break' || other.clone === grant.clone;
}

/** From the answer that granted the lease until it may have ended or expired. Published writes renew it. */
function holdings(calls: readonly Call[]): Holding[] {
  return calls.flatMap((grant) => {
    const { id, step, clone, answer } = grant;
    if (step.kind !== 'lock' || grant.code !== 0 || answer?.token === undefined) return [];
    const name = step.lock;
    let to = Math.min(...calls.filter((other) => mayEnd(grant, other)).map(({ began }) => began));
    let alive = grant.began + LEASE_MS;
    const renewals = calls.filter(
      (call) => isWrite(call) && call.clone === clone && call.step.lock === name && isAcknowledged(call),
    );
    for (const { began, ended } of renewals.sort((a, b) => a.began - b.began))
      if (began >= grant.ended && ended < alive) alive = began + LEASE_MS;
    to = Math.min(to, alive);
    return to > grant.ended ? [{ id, name, clone, token: answer.token, from: grant.ended, to }] : [];
  });
}

/** Checks that no two clones certainly hold one lock at once, and that later tokens are higher. */
export function checkHolders({ calls }: Pick<History, 'calls'>): string[] {
  const all = holdings(calls).sort((a, b) => a.from - b.from);
  return all.flatMap((one, i) =>
    all.slice(i + 1).flatMap((two) => {
      if (one.name !== two.name) return [];
      const wrong: string[] = [];
      if (one.clone !== two.clone && two.from < one.to)
        wrong.push(
          `lock ${one.name}: clones ${one.clone} (${one.id}) and ${two.clone} (${two.id}) hold it at one instant`,
        );
      if (two.from >= one.to && two.token <= one.token)
        wrong.push(`lock ${one.name}: ${two.id} got token ${two.token} after ${one.id} got ${one.token}`);
      return wrong;
    }),
  );
}
