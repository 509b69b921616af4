import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectBatch } from '../../src/app/write/collect-events.js';
import { KgitError } from '../../src/errors.js';
import { makeEvent, makeOperation, type Writer } from '../../src/model/operation/make-operation.js';
import type { Edit } from '../../src/model/state/edit.js';
import { cluster, deployment } from '../../src/model/subject/subject.js';
import { monotonicIds } from '../../src/model/value/ulid.js';
import { sameValue, type Value } from '../../src/model/value/value.js';
import { checkFiles } from '../../src/review/check/check-files.js';
import { Findings } from '../../src/review/finding.js';
import { mergeLayers } from '../../src/setup/config.js';
import type { WriteOptions } from '../../src/store/outbox/outcomes.js';
import { readEvents } from '../../src/store/read/records.js';
import { importedEvents } from '../../src/sync/parse/imported-event.js';
import { anyEdit } from '../support/arbitraries.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { MemoryStore } from '../support/memory-store.js';
import { oddFields, oddSubject, oddText, oddValue } from '../support/odd-events.js';
import { MARKER, STATE } from '../support/state-repository.js';
import { fakeClock, repositoryOf, T0 } from '../support/store-fixtures.js';

const actor = { name: 'ada', email: 'ada@example.com' };
const author = { name: 'Ada', email: 'ada@example.com' };
const OPTIONS: WriteOptions = {
  ...{ queue: false, requirePublish: true, dryRun: false, withdraw: false, deadline: T0 + 60_000 },
};
const folder = temporaryFolder();

async function fresh() {
  const store = new MemoryStore();
  const files = new Map([
    ['kgit.yaml', MARKER],
    ['deployments/dep-a/state.yaml', STATE],
  ]);
  await store.swap(null, [{ message: 'begin', author, time: T0, files }], 0);
  const ids = monotonicIds(
    () => T0,
    () => Buffer.alloc(10, 1),
  );
  const writer: Writer = { actor, host: 'here', run: { id: 'ci-1', url: null }, ids, now: T0 };
  return { ...repositoryOf(store, fakeClock(), folder), store, writer };
}

/** What `kgit validate` says of the tip. */
async function findingsOf(store: MemoryStore): Promise<string[]> {
  const findings = new Findings();
  const { revision } = await store.head();
  const check = { review: store.review, now: T0, findings, markerFault: () => null };
  await checkFiles(revision as string, check);
  return findings.list.map(({ rule, path, message }) => `${rule} ${path}: ${message}`);
}

/** Runs a write; whether it was accepted. What is thrown on purpose is a refusal, anything else a bug. */
async function isAccepted(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof KgitError && error.code !== 'INTERNAL') return false;
    throw error;
  }
}

/** What JSON cannot say is left to texts. */
function jsonOnly(_key: string, given: unknown): unknown {
  return typeof given === 'bigint' ? String(given) : given;
}

const secret = fc.constantFrom(undefined, 'a test value');
const runs = { numRuns: 300 };

describe('what was accepted passes validate', () => {
  it('events as callers give them', async () => {
    let accepted = 0;
    const one = async (
      subject: unknown,
      fields: Record<string, unknown>,
      allowSecret: string | undefined,
    ) => {
      const { repository, store, writer } = await fresh();
      const { revision } = await store.head();
      const naming = { view: store.view(revision), settings: mergeLayers([]), managements: new Map() };
      const isWritten = await isAccepted(async () => {
        const collected = await collectBatch([{ value: { ...fields, subject } }], {
          ...{ naming, make: (given) => makeEvent(given, writer), create: true },
          allowSecret: allowSecret !== undefined,
        });
        const [rejected] = collected.rejected;
        if (rejected) throw rejected.error;
        const operation = makeOperation(collected.events, writer, {}, allowSecret);
        await repository.write(operation, OPTIONS);
        const { head, events } = { head: await store.head(), events: operation.events };
        for (const { subject: of, event } of events) {
          const [stored] = await readEvents(store.view(head.revision), of);
          expect(sameValue(stored?.read(), JSON.parse(JSON.stringify(event)))).toBe(true);
        }
      });
      if (isWritten) accepted += 1;
      expect(await findingsOf(store)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(oddSubject, oddFields, secret, one), runs);
    // A property that nothing gets as far as would hold of anything.
    expect(accepted).toBeGreaterThan(runs.numRuns / 20);
  });

  it('entries of legacy files', async () => {
    let accepted = 0;
    const entry = oddFields.map((fields) => JSON.parse(JSON.stringify(fields, jsonOnly)) as Value);
    const subject = cluster('default', 'kcm-system', 'prod');
    const one = async (entries: readonly Value[]) => {
      const { repository, store, writer } = await fresh();
      const { events } = importedEvents({ family: 'cluster-events', subject, entries });
      if (events.length === 0) return;
      const isWritten = await isAccepted(() =>
        repository.write(makeOperation(events, writer, {}, 'a test value'), OPTIONS),
      );
      if (isWritten) accepted += 1;
      expect(await findingsOf(store)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(fc.array(entry, { maxLength: 4 }), one), runs);
    expect(accepted).toBeGreaterThan(runs.numRuns / 20);
  });

  const section = fc.constantFrom('deployment', 'kof', 'azure', 'aws', 'other');
  const phasePart = fc.constantFrom<readonly string[]>(
    ['phases'],
    ['phases', 'create_vms'],
    ['phases', 'create_vms', 'status'],
    ['phases', 'create_vms', 'note'],
    [],
  );
  const sectionEdit = fc
    .tuple(fc.constantFrom('set' as const, 'merge' as const), section, phasePart, fc.oneof(oddValue, oddText))
    .map(([op, head, rest, value]) => ({ op, path: [head, ...rest], value }) as Edit);
  const deepPath = fc.nat({ max: 70 }).map((depth) => Array.from({ length: depth + 1 }, () => 'k'));
  const deepEdit = fc
    .tuple(deepPath, oddValue)
    .map(([path, value]) => ({ op: 'set', path, value }) as unknown as Edit);

  it('changes of state', async () => {
    let accepted = 0;
    const one = async (edits: readonly Edit[], allowSecret: string | undefined) => {
      const { repository, store, writer } = await fresh();
      for (const edit of edits) {
        const isWritten = await isAccepted(async () => {
          const event = makeEvent({ action: 'state_changed' }, writer);
          const change = { deployment: 'dep-a', event: event.id, edits: [edit], preconditions: [] };
          const subject = deployment('dep-a');
          const operation = makeOperation([{ subject, event }], writer, { change }, allowSecret);
          await repository.write(operation, OPTIONS);
        });
        if (isWritten) accepted += 1;
      }
      expect(await findingsOf(store)).toEqual([]);
    };
    const edits = fc.array(fc.oneof(anyEdit, sectionEdit, deepEdit), { minLength: 1, maxLength: 3 });
    await fc.assert(fc.asyncProperty(edits, secret, one), runs);
    expect(accepted).toBeGreaterThan(runs.numRuns / 20);
  });
});
