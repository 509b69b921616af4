import { type Call, type History, isAcknowledged, isWrite } from './history.js';

interface Grant {
  readonly name: string;
  readonly token: number;
  readonly clone: number;
  readonly began: number;
  readonly ended: number;
}

function grantsOf(calls: readonly Call[]): Grant[] {
  return calls.flatMap(({ step, clone, began, ended, code, answer }) =>
    step.kind === 'lock' && code === 0 && answer?.token !== undefined
      ? [{ name: step.lock, token: answer.token, clone, began, ended }]
      : [],
  );
}

/** Checks that no token has two holders, tokens only rise, and no write under an outdated token is published. */
export function checkTokens({ calls, commits }: History): string[] {
  const grants = grantsOf(calls);
  const published = new Set(commits.flatMap(({ events }) => events.flatMap(({ runId }) => runId ?? [])));
  const wrong: string[] = [];
  for (const one of grants) {
    for (const two of grants) {
      if (one.name !== two.name || one.clone === two.clone) continue;
      if (one.token === two.token && one.clone < two.clone)
        wrong.push(`lock ${one.name}: token ${one.token} was given to clones ${one.clone} and ${two.clone}`);
      if (one.ended < two.began && one.token > two.token)
        wrong.push(`lock ${one.name}: token ${two.token} was given after ${one.token}`);
    }
  }
  for (const call of calls) {
    const { id, step, clone } = call;
    if (!isWrite(call) || step.lock === undefined) continue;
    if (call.answer?.error?.code === 'FENCED' && published.has(id))
      wrong.push(`${id}: was told to be fenced, and is on the branch`);
    if (!isAcknowledged(call)) continue;
    const own = grants.filter((grant) => grant.name === step.lock && grant.clone === clone);
    const held = Math.max(
      ...own.filter(({ began }) => began < call.ended).map(({ token }) => token),
      Number.NEGATIVE_INFINITY,
    );
    // Ended by force after the last lease that may have been this clone's was granted.
    const broke = calls.find(
      (other) =>
        other.step.kind === 'break' &&
        other.step.lock === step.lock &&
        other.code === 0 &&
        other.ended < call.began &&
        own.every(({ began, ended }) => began >= call.ended || ended < other.began),
    );
    if (broke && published.has(id)) wrong.push(`${id}: landed after ${broke.id} ended its lease by force`);
    const newer = grants.find(
      (grant) => grant.name === step.lock && grant.token > held && grant.ended < call.began,
    );
    if (newer && published.has(id))
      wrong.push(`${id}: landed under token ${held} after clone ${newer.clone} got ${newer.token}`);
  }
  return wrong;
}
