import { readArray, readObject, readString, readTime } from '../kubectl/read.js';

/** A condition of a ClusterDeployment or of one of its services. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string | null;
  readonly message: string | null;
  /** Milliseconds since the epoch. */
  readonly lastTransition: number | null;
}

/** Conditions by type; their order in the object is irrelevant. */
export type Conditions = ReadonlyMap<string, Condition>;

/** Reads `conditions[]`, without entries that have no type; of two with the same type, the newest transition wins. */
export function readConditions(value: unknown): Conditions {
  const conditions = new Map<string, Condition>();
  for (const entry of readArray(value)) {
    const condition = readCondition(entry);
    if (condition === null) continue;
    const known = conditions.get(condition.type);
    if (known === undefined || rank(condition) > rank(known)) conditions.set(condition.type, condition);
  }
  return conditions;
}

/** Sort key of conditions of one type: a total order, so that their order in the object does not matter. */
function rank(condition: Condition): string {
  const time = String(condition.lastTransition ?? 0).padStart(16, '0');
  return [time, condition.status, condition.reason, condition.message].join('\n');
}

function readCondition(value: unknown): Condition | null {
  const entry = readObject(value);
  const type = readString(entry['type']);
  if (type === null) return null;
  const status = entry['status'];
  return {
    type,
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    reason: readString(entry['reason']),
    message: readMessage(entry['message']),
    lastTransition: readTime(entry['lastTransitionTime']),
  };
}

/** Reads a message; null if it says nothing. kcm joins messages with ". ", so several empty ones read ". . ". */
function readMessage(value: unknown): string | null {
  const message = readString(value);
  return message === null || /^[.\s]*$/.test(message) ? null : message;
}
