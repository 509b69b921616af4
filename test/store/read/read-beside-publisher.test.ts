import { expect, it } from 'vitest';
import { readState } from '../../../src/store/read/records.js';
import {
  eventOperation,
  FaultyStore,
  fakeClock,
  repositoryOf,
  setOperation,
  T0,
} from '../../support/store-fixtures.js';

/** A repository with two operations in its outbox, and another process on the same machine that publishes them. */
async function besidePublisher() {
  const store = new FaultyStore();
  const clock = fakeClock();
  const own = repositoryOf(store, clock);
  const other = repositoryOf(store, clock, own.folder);
  await own.repository.keep(setOperation('deployment.phase', 'a'));
  await own.repository.keep(eventOperation('second'));
  const publish = () => other.repository.sync(T0 + 60_000);
  return { ...own, store, publish };
}

/** The same, where the other process publishes right after the first look at the head. */
async function publishedAfterHead() {
  const parts = await besidePublisher();
  const head = parts.store.head.bind(parts.store);
  let hasPublished = false;
  parts.store.head = async () => {
    const found = await head();
    if (!hasPublished) {
      hasPublished = true;
      await parts.publish();
    }
    return found;
  };
  return parts;
}

/** What a reader sees of the two operations. */
async function seen({ repository }: Awaited<ReturnType<typeof besidePublisher>>) {
  const { view, pending } = await repository.read('never', 1_000);
  return { state: await readState(view, 'd'), pending: pending.length };
}

const BOTH = { deployment: { phase: 'a' } };

it('shows what another process publishes between its look at the outbox and its look at the head', async () => {
  const parts = await besidePublisher();
  const list = parts.outbox.list.bind(parts.outbox);
  parts.outbox.list = async () => {
    const entries = await list();
    await parts.publish();
    return entries;
  };
  expect(await seen(parts)).toMatchObject({ state: BOTH, pending: 0 });
});

it('shows what another process publishes right after its look at the head', async () => {
  const parts = await publishedAfterHead();
  expect(await seen(parts)).toMatchObject({ state: BOTH });
});

it.each(['a dry run', 'a queued write'])(
  '%s stands on what another process publishes meanwhile',
  async (kind) => {
    const parts = await publishedAfterHead();
    const dryRun = kind === 'a dry run';
    const options = { queue: !dryRun, dryRun, requirePublish: false, withdraw: false, deadline: T0 + 60_000 };
    const outcome = await parts.repository.write(setOperation('deployment.phase', 'b'), options);
    expect(outcome.changes).toMatchObject([{ path: 'deployment.phase', before: 'a', after: 'b' }]);
  },
);
