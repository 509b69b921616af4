import { clusterFailure } from '../../k0rdent/kubectl/cluster-failure.js';
import type { IdentifiedContext } from '../../k0rdent/management/identify-context.js';
import { makeEvent } from '../../model/operation/make-operation.js';
import { managementSubject } from '../../model/subject/subject.js';
import type { WriteOutcome } from '../../store/outbox/outcomes.js';
import type { Configured } from '../open/configured.js';
import { writeOperation } from '../write/submit.js';
import type { GivenFields } from '../write/write-events.js';
import type { Writing } from '../write/writing.js';
import { type Identification, identification, nameToIdentify } from './identification.js';

/** The action of the recorded event, by outcome. */
const ACTIONS = {
  identified: 'management_identified',
  unchanged: 'management_identified',
  're-identified': 'management_reidentified',
  extended: 'management_extended',
} as const;

/**
 * Works out what identifying the management cluster of a context changes. Throws ClusterError if nothing identifies it,
 * UsageError if several names are possible, ConflictError if it is recorded under another name.
 * @param given the name that the user gives it
 */
export function planIdentification(
  { settings, managements }: Pick<Configured, 'settings' | 'managements'>,
  given: string | undefined,
  seen: IdentifiedContext,
): Identification {
  if (seen.identities.length === 0)
    throw clusterFailure({ cause: 'no-identity', detail: '' }, { context: seen.context });
  const name = nameToIdentify({ given, chosen: settings.management }, seen.identities, managements);
  return identification(name, { seen: seen.identities, context: seen.name }, managements);
}

/**
 * Notes the identity of a management cluster in kgit.yaml, and records an event of it. Returns null if nothing changes.
 * Throws as `submit`.
 * @param fields message and reason of the event
 */
export async function writeIdentification(
  writing: Writing,
  { name, outcome, before, identities, learned }: Identification,
  fields: GivenFields,
): Promise<WriteOutcome | null> {
  if (learned === null) return null;
  const context = { identity: { before, after: identities } };
  const event = makeEvent({ ...fields, action: ACTIONS[outcome], context }, writing.writer);
  return writeOperation(writing, [{ subject: managementSubject(name), event }], { learned }, true);
}
