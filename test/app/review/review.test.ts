import { describe, expect, it } from 'vitest';
import { validateRevision } from '../../../src/app/review/validate-revision.js';
import { verifyRecord } from '../../../src/app/review/verify-record.js';
import { changeState } from '../../../src/app/write/change-state.js';
import { restoreStates } from '../../../src/app/write/restore-state.js';
import { NoRepositoryError, NotFoundError, UsageError } from '../../../src/errors.js';
import type { Findings } from '../../../src/review/finding.js';
import type { FileChanges } from '../../../src/store/port/state-store.js';
import { memoryWriting, sets } from '../../support/memory-writing.js';
import { MARKER } from '../../support/state-repository.js';

const STATE = 'deployments/dep-a/state.yaml';
const author = { name: 'Ada', email: 'ada@example.com' };

/** A repository with a deployment whose state was changed once. */
async function changed() {
  const memory = memoryWriting();
  const { store, clock, context } = memory;
  const tip = async () => (await store.head()).revision as string;
  const commit = async (files: FileChanges) => {
    const from = (await store.head()).revision;
    await store.swap(from, [{ message: 'by hand', author, time: clock.now(), files }], 0);
    return tip();
  };
  const set = async (values: Parameters<typeof sets>[0]) => {
    await clock.sleep(1000);
    await changeState(await memory.writing(), {}, { fields: { action: 'changed' }, edits: sets(values) });
    return tip();
  };
  const editByHand = async (from: string, to: string) => {
    const text = (await store.view(await tip()).read(STATE)) ?? '';
    return commit(new Map([[STATE, text.replace(from, to)]]));
  };
  await commit(new Map([['kgit.yaml', MARKER]]));
  await memory.begin({ 'deployment.phase': 'a' });
  await set({ 'deployment.phase': 'b' });
  const reviewed = { ...context, opened: { ...context.opened, review: store.review } };
  const judge = () => ({ now: clock.now(), markerFault: () => null });
  const saved: unknown[] = [];
  const validated = (base?: string) => validateRevision(reviewed, { base, branch: null }, judge());
  const verified = (forgets = false) => {
    const saving = async (saving: Promise<void>) => {
      saved.push(await saving.catch((error: unknown) => error));
    };
    return verifyRecord(reviewed, { fetch: 'never', forgets, environment: {}, saving }, judge());
  };
  return { ...memory, tip, commit, set, editByHand, reviewed, judge, validated, verified, saved };
}

const rules = ({ list }: Findings) => list.map(({ rule, path }) => `${rule} ${path}`);

describe('validating a revision', () => {
  it('finds nothing in what kgit writes', async () => {
    const { validated, tip } = await changed();
    const { findings, revision, since, counts } = await validated();
    expect(rules(findings)).toEqual([]);
    expect([revision, since]).toEqual([await tip(), null]);
    expect(counts).toMatchObject({ events: 2, history: { isComplete: true } });
  });

  it('with a base checks what changed since, and not the history', async () => {
    const { validated, tip, editByHand } = await changed();
    const base = await tip();
    const revision = await editByHand('phase: b', 'phase: z');
    const { findings, since, counts } = await validated(base);
    expect(rules(findings)).toEqual([`state-without-event ${STATE}`]);
    expect([since, counts.history]).toEqual([base, null]);
    expect((await validated(revision)).findings.total).toBe(0);
    expect((await validated('memory')).since).toBe(revision);
  });

  it('finds an event that was removed', async () => {
    const { validated, commit, store, tip } = await changed();
    const base = await tip();
    const folder = 'deployments/dep-a/events/2025-07';
    const [{ name } = { name: '' }] = (await store.view(base).list(folder)) ?? [];
    await commit(new Map([[`${folder}/${name}`, null]]));
    const removed = `event-removed ${folder}/${name}`;
    expect(rules((await validated()).findings)).toEqual([removed]);
    expect(rules((await validated(base)).findings)).toContain(removed);
  });

  it('is refused without a revision, a base or a driver that compares histories', async () => {
    const { validated, reviewed, judge } = await changed();
    await expect(validated('none')).rejects.toThrow(NotFoundError);
    const plain = { ...reviewed, opened: { ...reviewed.opened, review: null } };
    const intent = { base: undefined, branch: null };
    await expect(validateRevision(plain, intent, judge())).rejects.toThrow(UsageError);
    const { context, store } = memoryWriting();
    const empty = { ...context, opened: { ...context.opened, review: store.review } };
    await expect(validateRevision(empty, intent, judge())).rejects.toThrow(NoRepositoryError);
  });

  it('is refused where the base shares no history, with what to do in a shallow clone', async () => {
    const { reviewed, judge, tip } = await changed();
    const review = { ...reviewed.opened.review, mergeBase: async () => null };
    const opened = { ...reviewed.opened, review: Object.setPrototypeOf(review, reviewed.opened.review) };
    const base = await tip();
    const failed = () => validateRevision({ ...reviewed, opened }, { base, branch: null }, judge());
    await expect(failed()).rejects.toMatchObject({ code: 'USAGE', data: { base, fetch: null } });
    const remedyFor = (...revisions: string[]) => `bring ${revisions.join(' ')}`;
    const cutOff = { why: 'the clone is shallow', remedy: 'bring all', remedyFor, inCi: 'bring all' };
    Object.assign(opened.repository.store.history, { cutOff });
    await expect(failed()).rejects.toMatchObject({
      message: expect.stringContaining('shallow'),
      data: { fetch: `bring ${base} ${base}` },
    });
  });
});

describe('verifying the record', () => {
  it('trusts a revision without findings from then on', async () => {
    const { verified, tip, saved } = await changed();
    const first = await verified();
    expect(rules(first.findings)).toEqual([]);
    expect(first).toMatchObject({ trusted: null, unfolded: [], counts: { deployments: 1, events: 2 } });
    expect((await verified()).trusted).toBe(await tip());
    expect((await verified(true)).trusted).toBeNull();
    expect(saved).toEqual([undefined, undefined, undefined]);
  });

  it('finds a state that its events do not explain, and trusts nothing then; restoring mends it', async () => {
    const { verified, tip, editByHand, writing, state } = await changed();
    await verified();
    const trusted = await tip();
    await editByHand('phase: b', 'phase: z');
    for (const _ of [1, 2]) {
      const { findings, unfolded, ...rest } = await verified();
      expect(rules(findings)).toEqual([`state-without-event ${STATE}`]);
      expect(rest.trusted).toBe(trusted);
      expect(unfolded).toEqual([
        { id: 'dep-a', state: { deployment: { phase: 'z' } }, recorded: { deployment: { phase: 'b' } } },
      ]);
    }
    const { unfolded } = await verified();
    const [restored] = await restoreStates(await writing(), unfolded, { reason: 'by hand' });
    expect(restored?.outcome).toMatchObject({ delivery: 'published' });
    expect(await state()).toEqual({ deployment: { phase: 'b' } });
    expect(rules((await verified()).findings)).toEqual([]);
  });

  it('finds a history that lost the revision that was verified before', async () => {
    const { verified, reviewed, judge } = await changed();
    await verified();
    const { store } = reviewed.opened.repository;
    const other = await changed();
    Object.assign(store, {
      head: () => other.store.head(),
      view: other.store.view.bind(other.store),
      history: other.store.history,
    });
    const opened = { ...reviewed.opened, review: other.store.review };
    await other.set({ 'deployment.phase': 'c' });
    const saving = (saved: Promise<void>) => saved;
    const { findings } = await verifyRecord(
      { ...reviewed, opened },
      { fetch: 'never', forgets: false, environment: {}, saving },
      judge(),
    );
    expect(rules(findings)).toEqual(['history-rewritten null']);
  });
});
