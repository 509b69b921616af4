import { expect, it } from 'vitest';
import type { Operation } from '../../../src/model/operation/operation.js';
import { planBatch } from '../../../src/store/plan/plan-batch.js';
import { MemoryStore } from '../../support/memory-store.js';
import { eventOperation, setOperation } from '../../support/store-fixtures.js';

const entry = (operation: Operation) => ({
  ...{ name: '', id: operation.id, operation, target: 'memory', attempts: 0, error: null },
});

it('marks what can be added to any tip, with the paths that must be free there', async () => {
  const event = eventOperation();
  const once = { ...event, events: event.events.map((each) => ({ ...each, once: true })) };
  const claimed = { ...eventOperation(), claim: { name: 'l', token: 1, lease: 'x' } };
  const operations = [event, setOperation('deployment.phase', 'a'), once, claimed];
  for (const [i, operation] of operations.entries()) {
    const { commits } = await planBatch(new MemoryStore(), null, [entry(operation)]);
    const id = operation.events[0]?.event.id;
    const path = `clusters/default/kcm-system/prod/events/2025-07/${id}-`;
    expect(commits.map(({ append }) => append)).toEqual([i === 0 ? [path] : undefined]);
  }
});
