import type { Operation } from '../../model/operation/operation.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { isConditional, publishTogether } from '../write/publish-together.js';
import { requiresPublish, submit } from '../write/submit.js';
import type { Writing } from '../write/writing.js';

/**
 * Writes the operations of an import, in one push if possible. Without operations, publishes what an interrupted import
 * left in the outbox. Throws as `submit`.
 */
export async function writeImport(
  writing: Writing,
  operations: readonly Operation[],
): Promise<readonly WriteOutcome[]> {
  const { opened, settings, terms, claims, deadline } = writing;
  if (operations.length === 0) return publishWaiting(writing);
  const write = (operation: Operation) => submit(writing, operation, isConditional(operation));
  const isClaimed = terms.lock !== undefined || claims.handed.length > 0;
  if (isClaimed || terms.queue || terms.dryRun || settings.publishInterval > 0) {
    const outcomes: WriteOutcome[] = [];
    for (const operation of operations) outcomes.push(await write(operation));
    return outcomes;
  }
  const options = { requirePublish: requiresPublish(writing), deadline };
  return publishTogether(opened.repository, operations, options, write);
}

async function publishWaiting(writing: Writing): Promise<readonly WriteOutcome[]> {
  const { opened, reading, deadline, terms, note } = writing;
  if (terms.dryRun) return [];
  const options = { requirePublish: requiresPublish(writing), withdraw: false, deadline };
  const outcomes: WriteOutcome[] = [];
  for (const { id } of reading.pending) outcomes.push(await opened.repository.publish(id, options));
  for (const line of outcomes.flatMap(({ notes }) => notes)) note(line);
  return outcomes;
}
