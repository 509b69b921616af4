import { type Check, finding, passed } from '../../model/value/check.js';
import type { PushRecord } from '../publish/push-log.js';

/** If pushes need more tries than this on average, many clones write at once. */
const TRIES = 3;
/** Fewer pushes than this are not significant. */
const FEW = 5;

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? 0;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** Checks the last pushes of this clone: their durations, and how many lost a race against other writers. */
export function checkPushes(pushes: readonly PushRecord[]): Check {
  const name = 'pushes';
  if (pushes.length === 0) return passed(name, 'none yet from this clone');
  const times = pushes.map(({ ms }) => ms).sort((a, b) => a - b);
  const sum = (of: (push: PushRecord) => number) => pushes.reduce((total, push) => total + of(push), 0);
  const attempts = sum((push) => push.attempts);
  const carried = pushes.filter((push) => push.attempts === 0).length;
  const detail = [
    `the last ${pushes.length}`,
    `median ${seconds(quantile(times, 0.5))}`,
    `p99 ${seconds(quantile(times, 0.99))}`,
    `${sum((push) => Math.max(push.attempts - 1, 0))} lost races`,
    ...(carried > 0 ? [`${carried} with the push of another clone`] : []),
    `${sum((push) => push.operations)} operations`,
    `${pushes.filter((push) => !push.isPublished).length} not published`,
  ].join(', ');
  if (pushes.length < FEW || attempts <= TRIES * pushes.length) return passed(name, detail);
  return finding(name, detail, 'Many write at once: set publish.interval, such as 10s, in kgit.yaml');
}
