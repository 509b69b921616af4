import type { ChainStep, History } from './history.js';

/** Tokens whose leases others ended according to a lock's chain; `since` is the oldest token in it. */
function endedIn(chain: readonly ChainStep[]): { tokens: number[]; since: number } {
  const tokens = chain.filter(({ action }) => action === 'break').map(({ token }) => token);
  const [root] = chain;
  // A chain that was trimmed may have lost the break of its first token.
  return {
    tokens,
    since: root === undefined || root.action === 'acquire' ? (root?.token ?? 1) : root.token + 1,
  };
}

/** Checks that each forced or expired end of a lease has exactly one event, and each such event its lease. */
export function checkBreaks({ calls, commits, chains }: History): string[] {
  const wrong: string[] = [];
  const told = new Map<string, number[]>();
  const ids = new Map<string, number>();
  for (const { events } of commits)
    for (const { subject, ended, id } of events) {
      ids.set(id, (ids.get(id) ?? 0) + 1);
      if (ended === undefined) continue;
      const name = subject.slice('lock/'.length);
      told.set(name, [...(told.get(name) ?? []), ended]);
    }
  for (const name of new Set([...told.keys(), ...chains.keys()])) {
    const { tokens, since } = endedIn(chains.get(name) ?? []);
    const events = told.get(name) ?? [];
    for (const token of new Set(tokens))
      if (events.filter((other) => other === token).length !== 1)
        wrong.push(
          `lock ${name}: token ${token} was ended, and ${events.filter((other) => other === token).length} events say so`,
        );
    // A lock that keeps its newest move alone may have forgotten a break that an event tells of, but not twice.
    for (const token of new Set(events))
      if (!tokens.includes(token) && events.filter((other) => other === token).length > 1)
        wrong.push(`lock ${name}: several events say that token ${token} was ended`);
    for (const token of events)
      if (token >= since && !tokens.includes(token))
        wrong.push(`lock ${name}: an event says that token ${token} was ended, and the lock does not`);
  }
  for (const { id, code, answer } of calls) {
    const event = answer?.broke?.audit?.event;
    if (code === 0 && event !== undefined && ids.get(event) !== 1)
      wrong.push(
        `${id}: the event ${event} of the lease that it ended is there ${ids.get(event) ?? 0} times`,
      );
    if (code === 0 && answer?.broke && !answer.broke.audit)
      wrong.push(`${id}: ended a lease, and no event says so`);
  }
  return wrong;
}
