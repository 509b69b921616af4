import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KgitEvent } from '../../../src/model/event/event.js';
import { formatEvent } from '../../../src/model/event/event-file.js';
import { type EventFilter, matches } from '../../../src/model/event/event-filter.js';
import { hintOf } from '../../../src/model/event/event-hint.js';
import { formatSealedMonth } from '../../../src/model/event/sealed-month.js';
import { eventPath, sealedPath } from '../../../src/model/subject/layout.js';
import { cluster } from '../../../src/model/subject/subject.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import type { Backend } from '../../../src/store/port/backend.js';
import { publishedEvents } from '../../../src/store/read/event-log.js';
import { type WantedOptions, WantedTimeline } from '../../../src/store/read/wanted-timeline.js';
import { emptyRepository } from '../../support/git-fixtures.js';
import { MemoryStore } from '../../support/memory-store.js';
import { openGitStore } from '../../support/open-git-store.js';
import { commit } from '../../support/store-contract.js';

const DAY = 24 * 3600 * 1000;
const T0 = Date.UTC(2025, 0, 30);
const word = fc.constantFrom(
  'ada',
  'Ada',
  'alan-t',
  '\u212aurt',
  'a b',
  'x\\y',
  'two\nlines',
  '\u0130lk',
  '-',
);
const event = fc.record({
  day: fc.integer({ min: 0, max: 90 }),
  cluster: fc.constantFrom('a', 'b', 'c'),
  action: fc.constantFrom('created', 'scaled', 'scaled_up'),
  user: word,
  notes: word,
});
type Drawn = typeof event extends fc.Arbitrary<infer T> ? T : never;
const NOTHING: EventFilter = { actions: [], users: [], outcomes: [], phases: [], runs: [], grep: [] };
const words = fc.array(word, { maxLength: 2 });
const time = fc.option(
  fc.integer({ min: -1, max: 91 }).map((day) => T0 + day * DAY),
  { nil: undefined },
);
const filter: fc.Arbitrary<EventFilter> = fc.record({
  since: time,
  until: time,
  actions: fc.subarray(['created', 'scaled', 'nothing'], { maxLength: 2 }),
  users: words,
  outcomes: fc.constant([]),
  phases: fc.constant([]),
  runs: fc.constant([]),
  grep: fc.array(fc.constantFrom('ada', 'KURT', 'k', 'ilk', 'x\\y', 'o\nl', '-', 'b'), { maxLength: 2 }),
});

/** One revision for each group of events, in this order; the path of an event by its id. */
async function fill(store: Backend, groups: readonly (readonly Drawn[])[]): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  let serial = 0n;
  const commits = groups.map((group) => {
    const files = group.map(({ day, cluster: name, action, user, notes }) => {
      serial += 1n;
      const id = makeUlid(T0 + day * DAY, serial);
      const event: KgitEvent = { id, timestamp: new Date(T0 + day * DAY).toISOString(), action, user, notes };
      const path = eventPath(cluster('default', 'kcm-system', name), event);
      paths.set(id, path);
      return [path, formatEvent(event)];
    });
    return commit({ 'kgit.yaml': 'a', ...Object.fromEntries(files) });
  });
  await store.swap(null, commits, 10_000);
  return paths;
}

/** Whether the wanted time line brings all events that the filter passes, each once, in the order of the whole one. */
async function expectSame(
  store: Backend,
  paths: Map<string, string>,
  wanted: EventFilter,
  options: WantedOptions,
) {
  const revision = (await store.head()).revision as string;
  const all: string[] = [];
  for await (const item of publishedEvents(store, revision, store.view(revision), []))
    if (matches(item.read(), wanted)) all.push(paths.get(item.head.id) as string);
  const hint = hintOf(wanted, []);
  if (hint === null) return;
  const met: string[] = [];
  for await (const { added } of new WantedTimeline(
    store,
    revision,
    hint,
    store.view(revision),
    options,
  ).revisions())
    met.push(
      ...[...added]
        .sort()
        .reverse()
        .filter((path) => all.includes(path)),
    );
  // Events of one revision come in the order of their ids, which the reader sees to.
  const place = new Map(await store.history.placesOf(revision, all));
  expect(met.map((path) => place.get(path))).toEqual(all.map((path) => place.get(path)));
  expect([...met].sort()).toEqual([...all].sort());
  const told: string[] = [];
  for await (const item of publishedEvents(store, revision, store.view(revision), [], hint))
    if (matches(item.read(), wanted)) told.push(paths.get(item.head.id) as string);
  expect(told).toEqual(all);
}

describe('the time line of what is wanted', () => {
  it('has what the whole one has, whatever the filter', async () => {
    const groups = fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(groups, filter, fc.constantFrom(0, 1, 3, 100), async (drawn, wanted, window) => {
        const store = new MemoryStore();
        await expectSame(store, await fill(store, drawn), wanted, { window });
      }),
      { numRuns: 500 },
    );
  });

  it('does so by git', async () => {
    const groups = fc.sample(fc.array(event, { minLength: 1, maxLength: 4 }), { numRuns: 12, seed: 7 });
    const store = await openGitStore(emptyRepository());
    const paths = await fill(store, groups);
    for (const wanted of fc.sample(filter, { numRuns: 25, seed: 7 }))
      for (const options of [{ window: 0 }, { window: 3 }]) await expectSame(store, paths, wanted, options);
    await store.close();
  });

  it('finds letters that are written in other ways, in the order of publishing', async () => {
    const store = await openGitStore(emptyRepository());
    // Not in the order of clusters, nor of ids.
    const events = [
      ['c', 9, 'user: "\\x61da"'],
      ['a', 5, 'notes: "\u212aurt"'],
      ['b', 7, 'notes: x\u0130'],
    ] as const;
    const commits = events.map(([name, day, line]) => {
      const id = makeUlid(T0 + day * DAY, 1n);
      const text = `id: ${id}\ntimestamp: "${new Date(T0 + day * DAY).toISOString()}"\naction: noted\n${line}\n`;
      const path = eventPath(cluster('default', 'kcm-system', name), { id, action: 'noted' });
      return commit({ [path]: text });
    });
    await store.swap(null, [...commits, commit({ 'kgit.yaml': 'a' })], 10_000);
    const revision = (await store.head()).revision as string;
    const found = async (wanted: Partial<EventFilter>) => {
      const hint = hintOf({ ...NOTHING, ...wanted }, []);
      const names: string[] = [];
      if (hint) {
        for await (const { added } of new WantedTimeline(store, revision, hint, store.view(revision), {
          window: 0,
        }).revisions())
          names.push(...added.map((path) => path.split('/')[3] ?? ''));
      }
      return names;
    };
    expect(await found({ users: ['ada'] })).toContain('c');
    expect(await found({ grep: ['kurt'] })).toContain('a');
    expect(await found({ grep: ['xi'] })).toContain('b');
    expect(await found({ actions: ['noted'] })).toEqual(['b', 'a', 'c']);
    await store.close();
  });

  it('finds events whose time is after that of their commit', async () => {
    const store = await openGitStore(emptyRepository());
    const ofDay = (day: number): Drawn => ({ day, cluster: 'a', action: 'scaled', user: 'ada', notes: '-' });
    const paths = await fill(store, [[ofDay(1)], [ofDay(4_000)], [ofDay(2)], [ofDay(4_001), ofDay(3_999)]]);
    for (const day of [1, 2, 4_000])
      await expectSame(store, paths, { ...NOTHING, since: T0 + day * DAY }, {});
    await store.close();
  });

  it('tells what a sealed month has of an event, in the order of publishing', async () => {
    const store = new MemoryStore();
    const subject = cluster('default', 'kcm-system', 'a');
    const eventOf = (day: number, at = day): KgitEvent => ({
      id: makeUlid(T0 + day * DAY, 1n),
      timestamp: new Date(T0 + at * DAY).toISOString(),
      action: 'scaled',
    });
    const sealed = [eventOf(6), eventOf(7), eventOf(8)];
    const [first, second, third] = sealed.map((one) => eventPath(subject, one)) as [string, string, string];
    await store.swap(
      null,
      [
        commit({ 'kgit.yaml': 'a' }),
        commit({ [second]: formatEvent(eventOf(7)) }),
        commit({ [first]: formatEvent(eventOf(6)) }),
        // Beside the sealed month, and with a time that the filter does not want.
        commit({ [third]: formatEvent(eventOf(8, 5.5)) }),
        commit({
          [sealedPath(subject, '2025-02')]: formatSealedMonth(subject, sealed.map(formatEvent)),
          [first]: null,
          [second]: null,
        }),
      ],
      10_000,
    );
    const { revision } = await store.head();
    const wanted = { ...NOTHING, since: T0 + 6 * DAY };
    for (const hint of [null, hintOf(wanted, [])]) {
      const told: string[] = [];
      for await (const item of publishedEvents(store, revision, store.view(revision), [], hint))
        if (matches(item.read(), wanted)) told.push(eventPath(subject, item.head));
      expect(told).toEqual([third, first, second]);
    }
  });

  it('walks no further than it must', async () => {
    const store = new MemoryStore();
    const many = Array.from({ length: 50 }, (_, day) => [
      { day, cluster: 'a', action: day === 2 ? 'created' : 'scaled', user: 'ada', notes: '-' },
    ]);
    await fill(store, many as Drawn[][]);
    const revision = (await store.head()).revision as string;
    let walked = 0;
    const original = store.history.timeline.bind(store.history);
    store.history.timeline = async function* (at) {
      for await (const entry of original(at)) {
        walked += 1;
        yield entry;
      }
    };
    const found = async (wanted: EventFilter) => {
      walked = 0;
      const added: string[] = [];
      const hint = hintOf(wanted, []);
      if (hint)
        for await (const entry of new WantedTimeline(store, revision, hint, store.view(revision), {
          window: 5,
        }).revisions())
          added.push(...entry.added);
      return [added.filter((path) => path.includes('created')).length, walked];
    };
    expect(await found({ ...NOTHING, actions: ['created'] })).toEqual([1, 6]);
    // The day before is in question by its id alone, which is read ahead.
    expect(await found({ ...NOTHING, since: T0 + 49 * DAY })).toEqual([0, 1]);
    // The order of a single event is known: nobody looks for its revision.
    store.history.placesOf = () => Promise.reject(new Error('was asked for places'));
    expect(await found({ ...NOTHING, actions: ['created'] })).toEqual([1, 6]);
    await expect(found({ ...NOTHING, actions: ['scaled'] })).rejects.toThrow('was asked');
  });
});
