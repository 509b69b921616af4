import { checkBranch } from './branch-rules.js';
import { checkBreaks } from './break-rules.js';
import { type History, isAcknowledged, isUnknown, isWrite, mayFindNothing } from './history.js';
import { checkHolders } from './holder-rules.js';
import { checkRegisters } from './register-rules.js';
import { checkTokens } from './token-rules.js';

/** Each acknowledged write is on the branch or in an outbox exactly once; each refused one nowhere. */
function checkAnswers({ calls, commits, waiting }: History): string[] {
  const places = new Map<string, string[]>();
  const put = (runId: string, place: string) => places.set(runId, [...(places.get(runId) ?? []), place]);
  for (const { events } of commits) for (const { runId, path } of events) if (runId) put(runId, path);
  for (const runId of waiting) put(runId, 'outbox');
  const wrong: string[] = [];
  for (const { id, code, answer } of calls)
    if (code === 1) wrong.push(`${id}: ended as a bug: ${answer?.error?.message}`);
  for (const call of calls.filter(isWrite)) {
    const found = places.get(call.id) ?? [];
    const text = `${call.id} (${call.step.kind}, exit ${call.code}, ${call.answer?.delivery ?? call.answer?.error?.code})`;
    if (found.length > 1) wrong.push(`${text}: is there ${found.length} times: ${found.join(', ')}`);
    if (isAcknowledged(call) && !mayFindNothing(call) && found.length === 0)
      wrong.push(`${text}: was acknowledged and is nowhere`);
    if (call.answer?.delivery === 'published' && found.includes('outbox') && found.length === 1)
      wrong.push(`${text}: was told to be published and only waits`);
    const isRefused = !isAcknowledged(call) && !isUnknown(call) && call.answer?.error?.data?.kept !== true;
    if (isRefused && found.length > 0) wrong.push(`${text}: was refused and is in ${found.join(', ')}`);
  }
  return wrong;
}

/** A write that was answered before another call began precedes it on the branch. */
function checkOrder({ calls, commits }: History): string[] {
  const position = new Map<string, number>();
  for (const [i, { events }] of commits.entries())
    for (const { runId } of events) if (runId) position.set(runId, i);
  const placed = calls.flatMap((call) => {
    const at = position.get(call.id);
    return at === undefined ? [] : [{ ...call, at }];
  });
  const wrong: string[] = [];
  const published = placed
    .filter(({ answer }) => answer?.delivery === 'published')
    .sort((a, b) => a.ended - b.ended);
  const later = placed.sort((a, b) => a.began - b.began);
  let next = 0;
  let last: (typeof published)[number] | null = null;
  for (const call of later) {
    for (let done = published[next]; done && done.ended < call.began; done = published[++next])
      if (!last || done.at > last.at) last = done;
    if (last && last.at >= call.at && last.id !== call.id)
      wrong.push(`${call.id} began after ${last.id} was published, and stands before it`);
  }
  return wrong;
}

/** Returns every broken promise in a history. */
export function checkHistory(history: History): string[] {
  return [
    ...checkAnswers(history),
    ...checkOrder(history),
    ...checkBranch(history),
    ...checkRegisters(history),
    ...checkTokens(history),
    ...checkHolders(history),
    ...checkBreaks(history),
  ];
}
