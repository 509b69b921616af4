import type { Phase, StateChange } from '../../api/results.js';
import { readTime } from '../../parts/time.js';
import { namesIn } from './state-path.js';

/** A change of the status of a phase, and who made it. */
export interface Move extends Pick<StateChange, 'timestamp' | 'user' | 'reason' | 'message' | 'run'> {
  readonly status: string;
}

/** A phase of a deployment, and how it came to its status. */
export interface Step extends Phase {
  /** Oldest first. */
  readonly moves: readonly Move[];
  /** The last start, in ms since the epoch; null if none is recorded. */
  readonly startedAt: number | null;
  /** From the last start to its end, in s; null while it runs, and if one of them is not recorded. */
  readonly seconds: number | null;
}

const RUNNING = 'in_progress';
const ENDED = ['completed', 'failed'];

/**
 * Joins the phases with their history.
 * @param changes those of `deployment.phases`, oldest first
 */
export function stepsOf(phases: readonly Phase[], changes: readonly StateChange[]): Step[] {
  const moves = new Map<string, Move[]>(phases.map(({ name }) => [name, []]));
  for (const change of changes)
    for (const [phase, status] of statusesIn(change)) moves.get(phase)?.push({ ...change, status });
  return phases.map((phase) => {
    const own = moves.get(phase.name) ?? [];
    return { ...phase, moves: own, ...timesOf(phase.status, own) };
  });
}

function timesOf(status: string, moves: readonly Move[]): Pick<Step, 'startedAt' | 'seconds'> {
  const start = moves.findLast((move) => move.status === RUNNING);
  const startedAt = readTime(start?.timestamp);
  const end = moves.at(-1);
  const endedAt = end && ENDED.includes(end.status) && end.status === status ? readTime(end.timestamp) : null;
  if (startedAt === null || endedAt === null) return { startedAt, seconds: null };
  return { startedAt, seconds: Math.max(0, endedAt - startedAt) / 1000 };
}

/** The statuses that a change sets, by phase. A change may be one of the status, of the phase, or of all phases. */
function statusesIn({ path, after }: StateChange): (readonly [phase: string, status: string])[] {
  const [, , phase, key] = namesIn(path);
  if (phase === undefined)
    return isMapping(after) ? Object.entries(after).flatMap(([name, one]) => statusIn(name, one)) : [];
  if (key === undefined) return statusIn(phase, after);
  return key === 'status' && typeof after === 'string' ? [[phase, after]] : [];
}

function statusIn(phase: string, value: unknown): (readonly [string, string])[] {
  return isMapping(value) && typeof value['status'] === 'string' ? [[phase, value['status']]] : [];
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
