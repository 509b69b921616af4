import { describe, expect, it } from 'vitest';
import { makeEvent, makeOperation } from '../../src/model/operation/make-operation.js';
import type { Precondition } from '../../src/model/operation/operation.js';
import { withProposedIf } from '../../src/model/operation/proposed-if.js';
import { deployment } from '../../src/model/subject/subject.js';
import { checkPreconditions } from '../../src/review/check/check-preconditions.js';
import { Findings } from '../../src/review/finding.js';
import { sets } from '../support/memory-writing.js';
import { sharedWriting } from '../support/sops/shared-writing.js';
import { HAS_SOPS } from '../support/sops/team-keys.js';

const SUBJECT = deployment('dep-a');

/** What the check says of a proposal on a condition, merged onto what `meanwhile` leaves; `since` is the revision before that. */
async function checked(
  conditionOf: (since: string) => Precondition,
  meanwhile: (memory: Awaited<ReturnType<typeof sharedWriting>>) => Promise<unknown>,
): Promise<readonly string[]> {
  const memory = await sharedWriting();
  await memory.setSecrets({ 'azure.client_secret': 'hunter22-Tr0ub4dor' });
  const tip = async () => (await memory.store.head()).revision ?? '';
  const since = await tip();
  await meanwhile(memory);
  const target = await tip();
  const event = makeEvent({ action: 'state_changed' }, memory.writer());
  const change = { deployment: 'dep-a', event: event.id, edits: sets({ 'kof.version': '2' }) };
  const conditional = { ...change, preconditions: [conditionOf(since)] };
  const made = makeOperation(
    [{ subject: SUBJECT, event }],
    memory.writer(),
    { change: conditional },
    undefined,
  );
  // On the proposal's branch the condition held.
  const proposed = { ...withProposedIf(made), change: { ...change, preconditions: [] } };
  const options = {
    queue: false,
    requirePublish: true,
    dryRun: false,
    withdraw: false,
    deadline: memory.clock.now() + 5_000,
  };
  await memory.context.opened.repository.write(proposed, options);
  const findings = new Findings();
  await checkPreconditions(target, await tip(), [SUBJECT], memory.store, findings);
  return findings.list.map(({ message }) => message);
}

const nothing = async () => undefined;
const changed = (path: string) => async (memory: Awaited<ReturnType<typeof sharedWriting>>) =>
  memory.setSecrets({ [path]: 'another-Secret1' });

describe.runIf(HAS_SOPS)('the condition of a proposal, where it is merged', () => {
  const absent = (): Precondition => ({ check: 'absent', path: ['azure', 'keys'] });
  const unchanged = (revision: string): Precondition => ({ check: 'unchanged-since', revision });

  it('that a path is free does not hold once a secret is below it', async () => {
    expect(await checked(absent, nothing)).toEqual([]);
    expect(await checked(absent, changed('azure.keys.one'))).toEqual([
      expect.stringContaining('azure.keys has the secret azure.keys.one of the team'),
    ]);
  });

  it('that nothing has changed since a revision does not hold once a secret was set again', async () => {
    expect(await checked(unchanged, nothing)).toEqual([]);
    expect(await checked(unchanged, changed('azure.client_secret'))).toEqual([
      expect.stringContaining('was to be unchanged since'),
    ]);
  });
});
