import type { Operation } from '../../model/operation/operation.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import type { StateRepository } from '../../store/state-repository.js';

/** Whether an operation is refused if the repository is not as it was seen. */
export function isConditional({ change, secrets = [] }: Operation): boolean {
  const hasSeen = secrets.some(({ files }) => files.some(({ seen }) => seen !== undefined));
  return hasSeen || (change?.preconditions.length ?? 0) > 0;
}

/**
 * Writes several operations with one push: all but the last are kept first, and publishing the last one publishes
 * everything that waits. If it fails, those that must not be published later are taken back.
 * @param submit writes the last one
 */
export async function publishTogether(
  repository: StateRepository,
  operations: readonly Operation[],
  options: { readonly requirePublish: boolean; readonly deadline: number },
  submit: (operation: Operation) => Promise<WriteOutcome>,
): Promise<WriteOutcome[]> {
  const last = operations.at(-1);
  if (!last) return [];
  const before = operations.slice(0, -1);
  for (const operation of before) await repository.keep(operation);
  try {
    const outcome = await submit(last);
    const outcomes: WriteOutcome[] = [];
    for (const operation of before)
      outcomes.push(
        await repository.publish(operation.id, { ...options, withdraw: isConditional(operation) }),
      );
    return [...outcomes, outcome];
  } catch (error) {
    for (const operation of before)
      if (isConditional(operation)) await repository.outbox.remove(operation.id);
    throw error;
  }
}
