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

/** Conditions by type; their order in the object has no meaning. */
export type Conditions = ReadonlyMap<string, Condition>;

/** Reads `conditions[]`; entries without a type are left out, of two of one type the newest transition stays. */
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

/** Total order of two conditions of one type, so that the order in the object decides nothing. */
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

/** kcm joins the messages of conditions with ". ", so that several empty ones read ". . ": that says nothing. */
function readMessage(value: unknown): string | null {
  const message = readString(value);
  return message === null || /^[.\s]*$/.test(message) ? null : message;
}
