import { expect, it } from 'vitest';
import { planIdentification, writeIdentification } from '../../../src/app/observe/identify-management.js';
import { managementSubject } from '../../../src/model/subject/subject.js';
import { managementsOf, readEvents, readMarker } from '../../../src/store/read/records.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { commit } from '../../support/store-contract.js';

const UID = 'management-uid:11111111-2222-4333-8444-555555555555';
const NEW_UID = 'management-uid:99999999-2222-4333-8444-555555555555';
const seen = (...identities: string[]) => ({ context: 'eu', name: 'eu', identities });

async function identifying() {
  const memory = memoryWriting();
  await memory.store.swap(null, [commit({ 'kgit.yaml': 'apiVersion: kgit/v1\nkind: StateRepository\n' })], 0);
  const view = async () => (await memory.read()).reading.view;
  /** The context with what kgit.yaml lists now. */
  const context = async () => ({
    ...(await memory.writing()),
    managements: managementsOf(await readMarker(await view(), 'memory')),
  });
  const identify = async (...identities: string[]) => {
    const plan = planIdentification(await context(), 'eu-hub', seen(...identities));
    const written = await writeIdentification(await context(), plan, { reason: 'built anew' });
    return { plan, written };
  };
  const events = async () =>
    (await readEvents(await view(), managementSubject('eu-hub'))).map((event) => event.read());
  return { ...memory, context, identify, events };
}

it('notes an identity in kgit.yaml, records who did it, and writes nothing the second time', async () => {
  const { identify, events, context } = await identifying();
  const { plan, written } = await identify(UID);
  expect([plan.outcome, plan.question, written?.delivery]).toEqual(['identified', null, 'published']);
  expect((await context()).managements.get('eu-hub')).toEqual([UID]);
  expect(await events()).toMatchObject([
    {
      action: 'management_identified',
      user: 'Ada',
      reason: 'built anew',
      context: { identity: { before: [], after: [UID] } },
    },
  ]);
  expect(await identify(UID)).toMatchObject({ plan: { outcome: 'unchanged' }, written: null });
});

it('asks before it replaces an identity, and records what was noted before', async () => {
  const { identify, events, context } = await identifying();
  await identify(UID);
  const { plan } = await identify(NEW_UID);
  expect(plan.question).toContain('is another cluster');
  expect((await context()).managements.get('eu-hub')).toEqual([NEW_UID]);
  expect((await events()).at(-1)).toMatchObject({
    action: 'management_reidentified',
    context: { identity: { before: [UID], after: [NEW_UID] } },
  });
});

it('refuses a cluster that nothing identifies, and one that is recorded under another name', async () => {
  const { identify, context } = await identifying();
  await identify(UID);
  const plan = async (name: string | undefined, ...identities: string[]) =>
    planIdentification(await context(), name, seen(...identities));
  await expect(plan('eu-hub')).rejects.toMatchObject({ code: 'CLUSTER', data: { cause: 'no-identity' } });
  await expect(plan('us-hub', UID)).rejects.toMatchObject({
    code: 'CONFLICT',
    data: { management: 'eu-hub' },
  });
  expect((await plan(undefined, UID)).name).toBe('eu-hub');
});
