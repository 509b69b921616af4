import { formatTimestamp } from '../../model/event/event.js';
import { makeEvent } from '../../model/operation/make-operation.js';
import type { DeploymentSubject } from '../../model/subject/subject.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import { readState } from '../../store/read/records.js';
import { writeOperation } from '../write/submit.js';
import type { GivenFields } from '../write/write-events.js';
import type { Writing } from '../write/writing.js';

/**
 * Creates a deployment: its state with id and time, and the event `deployment_initialized`. Throws as `writeOperation`.
 * @returns null if it exists already
 */
export async function beginDeployment(
  writing: Writing,
  subject: DeploymentSubject,
  fields: GivenFields = {},
): Promise<WriteOutcome | null> {
  const { reading, writer } = writing;
  if ((await readState(reading.view, subject.id)) !== null) return null;
  const event = makeEvent({ ...fields, action: 'deployment_initialized' }, writer);
  const createdAt = formatTimestamp(writer.now).replace(/\.\d+Z$/, 'Z');
  const edits = [
    { op: 'set' as const, path: ['deployment', 'deployment_id'], value: subject.id },
    { op: 'set' as const, path: ['deployment', 'created_at'], value: createdAt },
  ];
  const preconditions = [{ check: 'absent' as const, path: ['deployment', 'deployment_id'] }];
  const change = { deployment: subject.id, event: event.id, edits, preconditions };
  return writeOperation(writing, [{ subject, event }], { change });
}
