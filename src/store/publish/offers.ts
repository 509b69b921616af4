import { type Operation, operationToJson } from '../../model/operation/operation.js';
import { operationFromJson } from '../../model/operation/operation-schema.js';
import type { OutboxEntry } from '../outbox/outbox.js';

/**
 * Operations that a clone lays down beside the branch while it tries to move it: whoever moves the branch next takes
 * them along. They stay in the outbox of their clone until their events are seen at the tip.
 */

const VERSION = 1;
/** How much a clone offers at a time, and how much of another's offer is read. */
const MAX_OPERATIONS = 50;
const MAX_BYTES = 256 * 1024;

/** Whether others may publish it: events alone, whose commit is the same whoever makes it, and on whatever tip. */
function isOfferable(operation: Operation): boolean {
  const { change, learned, seal, claim, events } = operation;
  return !change && !learned && !seal && !claim && events.length > 0;
}

/** The offer of what waits, in its order, up to the first that others may not publish; null where there is none. */
export function offerOf(entries: readonly OutboxEntry[]): { text: string | null; entries: OutboxEntry[] } {
  const operations: unknown[] = [];
  const offered: OutboxEntry[] = [];
  let bytes = 0;
  for (const entry of entries.slice(0, MAX_OPERATIONS)) {
    const { operation } = entry;
    if (!operation || !isOfferable(operation)) break;
    const json = operationToJson(operation);
    bytes += Buffer.byteLength(JSON.stringify(json));
    if (bytes > MAX_BYTES / 2) break;
    operations.push(json);
    offered.push(entry);
  }
  const text = operations.length > 0 ? `${JSON.stringify({ version: VERSION, operations })}\n` : null;
  return { text, entries: offered };
}

/** The operations of an offer, in their order; none of one that is too large, cut off, or of another version. */
export function readOffer(text: string): Operation[] {
  if (Buffer.byteLength(text) > MAX_BYTES) return [];
  let json: { version?: unknown; operations?: unknown } | null;
  try {
    json = JSON.parse(text);
  } catch {
    // Whoever wrote it, it is no offer of kgit's.
    return [];
  }
  if (json?.version !== VERSION || !Array.isArray(json.operations)) return [];
  const operations: Operation[] = [];
  for (const item of json.operations.slice(0, MAX_OPERATIONS)) {
    const operation = operationFromJson(item);
    // What comes behind one that is left out must not overtake it.
    if (!operation || !isOfferable(operation)) break;
    operations.push(operation);
  }
  return operations;
}
