import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import { formatTimestamp, type KgitEvent } from '../../../src/model/event/event.js';
import { formatEvent } from '../../../src/model/event/event-file.js';
import type { EventFilter } from '../../../src/model/event/event-filter.js';
import { hintOf } from '../../../src/model/event/event-hint.js';
import { formatSealedMonth } from '../../../src/model/event/sealed-month.js';
import { eventPath, eventsFolder, sealedPath } from '../../../src/model/subject/layout.js';
import { cluster } from '../../../src/model/subject/subject.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import type { StateView } from '../../../src/store/port/state-store.js';
import { readPage } from '../../../src/store/read/event-page.js';
import { newestEvents } from '../../../src/store/read/newest-events.js';
import { readEvents } from '../../../src/store/read/records.js';
import { eventName, type StoredEvent } from '../../../src/store/read/stored-events.js';
import { MemoryStore } from '../../support/memory-store.js';
import { commit } from '../../support/store-contract.js';

const HOUR = 3600 * 1000;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2025, 0, 30);
const prod = cluster('default', 'kcm-system', 'prod');
const NOTHING: EventFilter = { actions: [], users: [], outcomes: [], phases: [], runs: [], grep: [] };

/** An event whose id is of `hours` behind T0, and its time `late` hours behind that. */
interface Drawn {
  readonly hours: number;
  readonly late: number;
  readonly action: string;
  readonly user: string;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  hours: fc.nat({ max: 120 * 24 }),
  late: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: -24, max: 24 })),
  action: fc.constantFrom('created', 'scaled'),
  user: fc.constantFrom('ada', 'alan', 'a\\b'),
});

function eventOf({ hours, late, action, user }: Drawn, serial: number): KgitEvent {
  const time = T0 + hours * HOUR;
  return { id: makeUlid(time, BigInt(serial)), timestamp: formatTimestamp(time + late * HOUR), action, user };
}

/** A view of these events; those of `sealed` months lie in one file. */
async function viewOf(events: readonly KgitEvent[], sealed: readonly string[] = []): Promise<StateView> {
  const files = new Map<string, string>();
  const texts = new Map<string, string[]>();
  for (const event of [...events].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const path = eventPath(prod, event);
    const month = path.split('/').at(-2) ?? '';
    const known = texts.get(month);
    if (!sealed.includes(month)) files.set(path, formatEvent(event));
    else if (known) known.push(formatEvent(event));
    else texts.set(month, [formatEvent(event)]);
  }
  for (const [month, list] of texts) files.set(sealedPath(prod, month), formatSealedMonth(prod, list));
  const store = new MemoryStore();
  await store.swap(null, [commit({ 'kgit.yaml': 'a', ...Object.fromEntries(files) })], 10_000);
  return store.view((await store.head()).revision);
}

/** The same view, counting the files that are read from it. */
function counted(view: StateView): { view: StateView; reads: () => number } {
  let reads = 0;
  const read = (path: string) => {
    reads += 1;
    return view.read(path);
  };
  const list: StateView['list'] = (folder, prefix) => view.list(folder, prefix);
  return { view: { read, list, kindOf: (path) => view.kindOf(path) }, reads: () => reads };
}

async function all(events: AsyncIterable<StoredEvent>): Promise<string[]> {
  const names: string[] = [];
  for await (const { head } of events) names.push(eventName(head));
  return names;
}

const time = fc.option(
  fc.nat({ max: 120 }).map((day) => T0 + day * DAY),
  { nil: undefined },
);
const filter: fc.Arbitrary<EventFilter> = fc.record({
  since: time,
  until: time,
  actions: fc.subarray(['scaled'], { maxLength: 1 }),
  users: fc.subarray(['ada', 'a\\b'], { maxLength: 1 }),
  outcomes: fc.constant([]),
  phases: fc.constant([]),
  runs: fc.constant([]),
  grep: fc.subarray(['SCALED', 'alan'], { maxLength: 1 }),
});
const sealedMonths = fc.subarray(['2025-01', '2025-02', '2025-03', '2025-04']);

describe('the newest events of a subject', () => {
  it('come in the same order as when all are read, however many are asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawn, { maxLength: 40 }),
        sealedMonths,
        fc.integer({ min: 1, max: 12 }),
        async (items, sealed, ahead) => {
          const view = await viewOf(items.map(eventOf), sealed);
          const whole = (await readEvents(view, prod)).reverse().map(({ head }) => eventName(head));
          expect(await all(newestEvents(view, prod, { ahead }))).toEqual(whole);
        },
      ),
      { numRuns: 80 },
    );
  });

  it('give the same page as all events, whatever is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(drawn, { minLength: 1, maxLength: 40 }),
        sealedMonths,
        filter,
        fc.record({ limit: fc.integer({ min: 1, max: 12 }), before: fc.nat(), after: fc.nat() }),
        async (items, sealed, wanted, { limit, before, after }) => {
          const events = items.map(eventOf);
          const view = await viewOf(events, sealed);
          const marks = {
            before: before % 3 === 0 ? events[before % events.length]?.id : undefined,
            after: after % 3 === 0 ? events[after % events.length]?.id : undefined,
          };
          const options = { filter: wanted, limit, ...marks };
          const hint = hintOf(
            wanted,
            Object.values(marks).flatMap((id) => id ?? []),
          );
          const few = newestEvents(view, prod, { ahead: limit + 2, hint });
          const whole = (await readEvents(view, prod)).reverse();
          const answer = (log: AsyncIterable<StoredEvent> | Iterable<StoredEvent>) =>
            readPage(log, options).catch((error: Error) => error.message);
          expect(await answer(few)).toEqual(await answer(whole));
        },
      ),
      { numRuns: 80 },
    );
  });

  it('are read alone: of thousands of files about as many as are asked for', async () => {
    const events = Array.from({ length: 1_500 }, (_, i) =>
      eventOf({ hours: i * 2, late: 0, action: 'scaled', user: 'ada' }, i),
    );
    const { view, reads } = counted(await viewOf(events));
    const page = await readPage(newestEvents(view, prod, { ahead: 22 }), { filter: NOTHING, limit: 20 });
    expect(page.events.map(({ event }) => event.id)).toEqual(events.slice(-20).map(({ id }) => id));
    // A day has 12 of them: those may be newer than the last one of the page.
    expect(reads()).toBeLessThan(40);
  });

  it('stand near their ids, not at their times, if these are more than a day later', async () => {
    const late = { action: 'scaled', user: 'ada' };
    const odd = eventOf({ hours: 0, late: 24 * 40, ...late }, 1);
    const others = Array.from({ length: 8 }, (_, i) =>
      eventOf({ hours: 24 * (i + 1) * 3, late: 0, ...late }, i + 2),
    );
    const names = await all(newestEvents(await viewOf([odd, ...others]), prod, { ahead: 2 }));
    expect(names).toEqual([odd, ...others].reverse().map(eventName));
  });

  it('come once each, in one order, whatever pages the log is read in', async () => {
    const odd = drawn.chain((event) =>
      fc.integer({ min: -90 * 24, max: 90 * 24 }).map((late) => ({ ...event, late })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 4, arbitrary: drawn }, odd), { minLength: 10, maxLength: 40 }),
        sealedMonths,
        fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(50))),
        async (items, sealed, limits) => {
          const view = await viewOf(items.map(eventOf), sealed);
          const told: string[] = [];
          let before: string | undefined;
          for (const limit of limits) {
            const log = newestEvents(view, prod, { ahead: limit + 2 });
            const { events, next } = await readPage(log, { filter: NOTHING, limit, before });
            told.push(...events.map(({ event }) => event.id).reverse());
            if (next === null) break;
            before = next;
          }
          const place = (item: Drawn) => item.hours + Math.min(item.late, 24);
          const all = items.map((item, i) => ({ place: place(item), id: eventOf(item, i).id }));
          all.sort((a, b) => b.place - a.place || (a.id < b.id ? 1 : -1));
          expect(told).toEqual(all.map(({ id }) => id));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are given without those that cannot be read, which are noted when they are reached', async () => {
    const events = [24 * 60, 24 * 30, 0].map((hours, i) =>
      eventOf({ hours, late: 0, action: 'scaled', user: 'ada' }, i),
    );
    const base = await viewOf(events);
    const broken = eventPath(prod, events[1] as KgitEvent);
    const read = async (path: string) => (path === broken ? 'id: 1\n' : base.read(path));
    const view: StateView = { ...counted(base).view, read };
    const skipped = new SkippedEvents();
    const log = newestEvents(view, prod, { ahead: 1, broken: skipped });
    expect((await log.next()).value?.head.id).toBe(events[0]?.id);
    expect(await all(log)).toEqual([eventName(events[2] as KgitEvent)]);
    expect(skipped.list.map(({ path }) => path)).toEqual([broken]);
    expect(broken.startsWith(eventsFolder(prod))).toBe(true);
  });
});
