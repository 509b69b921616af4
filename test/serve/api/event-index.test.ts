import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pageEvents } from '../../../src/app/read/page-events.js';
import { writeEvent } from '../../../src/app/write/write-events.js';
import { NotFoundError } from '../../../src/errors.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import { formatTimestamp } from '../../../src/model/event/event.js';
import { formatEvent } from '../../../src/model/event/event-file.js';
import type { EventFilter } from '../../../src/model/event/event-filter.js';
import { eventRow } from '../../../src/model/event/event-row.js';
import { eventPath } from '../../../src/model/subject/layout.js';
import { cluster, type Subject } from '../../../src/model/subject/subject.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { activityOf } from '../../../src/serve/api/events/activity.js';
import { EventIndex, type LogContext } from '../../../src/serve/api/events/event-index.js';
import { queryEvents } from '../../../src/serve/api/events/query-events.js';
import { type RunQuery, runsOf } from '../../../src/serve/api/events/runs.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { commit, swapAll } from '../../support/store-contract.js';
import { anId } from '../../support/store-fixtures.js';

const DAY = 24 * 3_600_000;
const SECRET = `ghp_${'a1B2c3D4e5'.repeat(4)}`.slice(0, 40);
const ALL: EventFilter = { actions: [], users: [], outcomes: [], phases: [], runs: [], grep: [] };
const prod = cluster('default', 'kcm-system', 'prod');

interface Asked extends Partial<EventFilter> {
  subject?: Subject;
  limit?: number;
  before?: string;
}

async function indexed(maxBytes?: number) {
  const memory = memoryWriting();
  let context: LogContext = await memory.read();
  let reads = 0;
  const counting = new Proxy(memory.store, {
    get(target, key) {
      if (key === 'changes' || key === 'view') reads += 1;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const index = new EventIndex(
    () => ({ ...context, opened: { ...context.opened, repository: withStore(context, counting) } }),
    maxBytes,
  );
  const push = (word: string, fields: Record<string, unknown>, terms = {}) =>
    memory.writing({ terms }).then((writing) => writeEvent(writing, { word }, fields));
  const reread = async () => {
    context = await memory.read();
  };
  const queryOf = ({ subject, limit = 100, before, ...filter }: Asked) => ({
    ...{ subject: subject ?? null, limit, before },
    filter: { ...ALL, ...filter },
  });
  const ask = async (asked: Asked = {}) => queryEvents(index, await index.current(), queryOf(asked));
  /** What the store itself answers. */
  const told = async (asked: Asked = {}) => {
    const { events, next } = await pageEvents(await memory.read(), queryOf(asked), new SkippedEvents());
    return { events: events.map(eventRow), next };
  };
  const runs = async (asked: Partial<RunQuery> & Partial<EventFilter> = {}) => {
    await index.current();
    const { subject, limit = 100, ...filter } = asked;
    return runsOf(index, { subject, limit, filter: { ...ALL, ...filter } });
  };
  return { ...memory, index, push, reread, ask, told, runs, reads: () => reads };
}

function withStore({ opened }: LogContext, store: LogContext['opened']['repository']['store']) {
  return Object.create(opened.repository, { store: { value: store } }) as typeof opened.repository;
}

/** Words of different kinds, so that each filter finds some events and not others. */
function fieldsOf(i: number): Record<string, unknown> {
  return {
    action: ['created', 'scaled', 'noted'][i % 3],
    timestamp: new Date(Date.UTC(2025, 6, 1) + ((i * 7) % 40) * 3_600_000).toISOString(),
    user: ['ada', 'grace', 'Gräce'][i % 3],
    ...(i % 2 === 0 ? { outcome: ['started', 'succeeded', 'failed'][(i / 2) % 3], run_id: `r${i % 5}` } : {}),
    ...(i % 4 === 0 ? { phase: 'create_vms' } : {}),
    message: `event ${i} "quoted" Größe`,
  };
}

const QUERIES: readonly Asked[] = [
  {},
  { limit: 3 },
  { subject: prod },
  { subject: prod, limit: 2 },
  { subject: cluster('default', 'kcm-system', 'none') },
  { actions: ['created', 'noted'] },
  { actions: ['nothing'] },
  { users: ['Gräce'], limit: 4 },
  { outcomes: ['failed', 'started'] },
  { phases: ['create_vms'], users: ['ada'] },
  { runs: ['r2'] },
  { grep: ['EVENT 1'] },
  { grep: ['"quoted"'] },
  { grep: ['grösse', 'GRÖẞE', 'größe'] },
  { grep: ['prod'] },
  { since: Date.UTC(2025, 6, 1, 10), until: Date.UTC(2025, 6, 1, 20) },
  { subject: prod, since: Date.UTC(2025, 6, 1, 10), grep: ['event'] },
];

describe('the index of events', () => {
  it('answers every query as the store does, page by page, also with what came later or waits', async () => {
    const { push, reread, ask, told } = await indexed();
    for (let i = 0; i < 14; i++) await push(['prod', 'test'][i % 2] as string, fieldsOf(i));
    await reread();
    await ask();
    for (let i = 14; i < 20; i++) await push(['prod', 'test'][i % 2] as string, fieldsOf(i));
    await push('prod', fieldsOf(20), { queue: true });
    await reread();
    for (const query of QUERIES) {
      let before: string | undefined;
      do {
        const asked = { ...query, ...(before === undefined ? {} : { before }) };
        const page = await ask(asked);
        expect(page, JSON.stringify(asked)).toEqual(await told(asked));
        before = page.next ?? undefined;
      } while (before !== undefined);
    }
    await expect(ask({ before: anId() })).rejects.toThrow(NotFoundError);
  });

  it('gives events whose times are far from their ids where the store gives them', async () => {
    const { push, reread, ask, told, store } = await indexed();
    for (let i = 0; i < 6; i++)
      await push('prod', { action: 'noted', timestamp: `2025-06-${10 + 2 * i}T00:00:00Z` });
    const at = Date.UTC(2025, 5, 13);
    const odd = (serial: bigint, days: number) => ({
      id: makeUlid(at, serial),
      timestamp: formatTimestamp(at + days * DAY),
      action: 'noted',
    });
    const files = [odd(1n, 4), odd(2n, -9)].map((event) => [eventPath(prod, event), formatEvent(event)]);
    await swapAll(store, (await store.head()).revision, [commit(Object.fromEntries(files), 'by hand')]);
    await reread();
    const whole = await ask({ subject: prod });
    expect(whole.events.map(({ timestamp }) => timestamp.slice(8, 10)).join(' ')).toBe(
      '04 10 12 17 14 16 18 20',
    );
    expect(whole).toEqual(await told({ subject: prod }));
    const first = await ask({ subject: prod, limit: 5 });
    const second = await told({ subject: prod, limit: 50, ...(first.next ? { before: first.next } : {}) });
    expect([...second.events, ...first.events]).toEqual(whole.events);
  });

  it('does not read the store again while nothing is new, and then only what is new', async () => {
    const { push, reread, ask, reads, index } = await indexed();
    for (let i = 0; i < 5; i++) await push('prod', fieldsOf(i));
    await reread();
    await Promise.all([ask(), ask({ grep: ['event'] }), ask({ subject: prod })]);
    const [first, version] = [reads(), index.version];
    await Promise.all([ask(), ask({ grep: ['event'] }), ask({ subject: prod })]);
    expect([reads(), index.version]).toEqual([first, version]);
    await push('test', fieldsOf(6));
    await reread();
    expect((await ask()).events).toHaveLength(6);
    expect(index.version).toBeGreaterThan(version);
    expect(index.count).toBe(6);
  });

  it('lets other work have its turn while it is built', async () => {
    const { push, reread, ask, index } = await indexed();
    for (let i = 0; i < 120; i++) await push('prod', fieldsOf(i));
    await reread();
    index.begin();
    while (index.read === 0) await setImmediate();
    expect(index.read).toBeLessThan(120);
    expect(await index.ready()).toBeNull();
    await ask();
    expect(index.count).toBe(120);
  });

  it('masks secrets, and finds nothing by them', async () => {
    const { push, reread, ask } = await indexed();
    await push('prod', { action: 'noted', message: `token ${SECRET}` }, { allowSecret: 'a test' });
    await reread();
    const [event] = (await ask()).events;
    expect(event?.['message']).toBe('***');
    expect((await ask({ grep: [SECRET.slice(4, 20)] })).events).toEqual([]);
    expect((await ask({ grep: ['***'] })).events).toHaveLength(1);
  });

  it('is built anew if an event was edited or removed', async () => {
    const { push, reread, ask, store, told } = await indexed();
    for (let i = 0; i < 3; i++) await push('prod', fieldsOf(i));
    await reread();
    const [oldest] = (await ask()).events;
    const view = store.view((await store.head()).revision);
    const path = `clusters/default/kcm-system/prod/events/2025-07/${oldest?.id}-${oldest?.action}.yaml`;
    const text = await view.read(path);
    expect(text).toContain('event 0');
    const swap = async (file: string | null) =>
      swapAll(store, (await store.head()).revision, [commit({ [path]: file }, 'by hand')]);
    await swap(text?.replace('event 0', 'event zero') ?? null);
    await reread();
    expect((await ask({ grep: ['event zero'] })).events).toHaveLength(1);
    await swap(null);
    await reread();
    expect(await ask()).toEqual(await told());
    expect((await ask()).events).toHaveLength(2);
  });

  it('keeps to its bound, and reads from the store what it does not hold', async () => {
    const { push, reread, ask, told, index } = await indexed(1);
    for (let i = 0; i < 12; i++) await push(['prod', 'test'][i % 2] as string, fieldsOf(i));
    await reread();
    expect((await ask()).events).toHaveLength(12);
    expect([index.isComplete, index.count]).toEqual([false, 0]);
    for (const query of QUERIES.filter(({ limit }) => limit !== undefined))
      expect(await ask(query), JSON.stringify(query)).toEqual(await told(query));
    await push('prod', { action: 'noted', message: `token ${SECRET}` }, { allowSecret: 'a test' });
    await reread();
    expect((await ask({ grep: [SECRET.slice(4, 20)] })).events).toEqual([]);
    expect((await ask({ grep: ['***'] })).events).toHaveLength(1);
  });
});

describe('activity', () => {
  it('counts the events of each day by outcome, with the days between', async () => {
    const { push, reread, index } = await indexed();
    const at = (timestamp: string, outcome?: string) =>
      push('prod', { action: 'noted', timestamp, ...(outcome ? { outcome } : {}) });
    await at('2025-07-09T23:59:59.999Z', 'failed');
    await at('2025-07-09T00:00:00Z');
    await at('2025-07-11T10:00:00Z', 'started');
    await at('2025-07-11T11:00:00Z', 'succeeded');
    await at('2025-07-08T11:00:00Z', 'succeeded');
    await reread();
    await index.current();
    expect(activityOf(index, 3, Date.UTC(2025, 6, 11, 23, 59))).toEqual([
      { day: '2025-07-09', events: 2, started: 0, succeeded: 0, failed: 1, other: 1 },
      { day: '2025-07-10', events: 0, started: 0, succeeded: 0, failed: 0, other: 0 },
      { day: '2025-07-11', events: 2, started: 1, succeeded: 1, failed: 0, other: 0 },
    ]);
  });
});

describe('runs', () => {
  it('go from their start to their end, also if the same run tries again', async () => {
    const { push, reread, runs } = await indexed();
    const at = (minute: number, word: string, action: string, run: string, outcome: string, more = {}) =>
      push(word, {
        ...{ action, outcome, run_id: run, user: 'ada' },
        timestamp: new Date(Date.UTC(2025, 6, 11, 10, minute)).toISOString(),
        ...more,
      });
    await at(0, 'prod', 'upgrade', 'r1', 'started');
    await at(1, 'prod', 'check', 'r1', 'started');
    await at(2, 'prod', 'check', 'r1', 'succeeded');
    await at(3, 'prod', 'upgrade', 'r1', 'failed', { duration_seconds: 179.5 });
    await at(4, 'prod', 'upgrade', 'r1', 'started', { user: 'grace' });
    await at(5, 'test', 'upgrade', 'r1', 'succeeded');
    await push('prod', { action: 'noted', run_id: 'r1' });
    await reread();
    const rows = (await runs()).map((run) => [run.action, run.outcome, run.durationSeconds, run.ended]);
    expect(rows).toEqual([
      ['upgrade', 'failed', 179.5, '2025-07-11T10:03:00Z'],
      ['check', 'succeeded', 60, '2025-07-11T10:02:00Z'],
      ['upgrade', 'started', null, null],
    ]);
    const actions = async (asked: Parameters<typeof runs>[0]) =>
      (await runs(asked)).map(({ action, outcome }) => `${action} ${outcome}`);
    expect(await actions({ outcomes: ['started'] })).toEqual(['upgrade started']);
    expect(await actions({ actions: ['check'] })).toEqual(['check succeeded']);
    expect(await actions({ users: ['grace'] })).toEqual(['upgrade started']);
    expect(await actions({ limit: 2 })).toEqual(['check succeeded', 'upgrade started']);
    expect(await actions({ subject: 'cluster/default/kcm-system/test' })).toEqual([]);
    expect(await actions({ subject: 'cluster/default/kcm-system/none' })).toEqual([]);
    await at(6, 'prod', 'upgrade', 'r1', 'succeeded');
    await reread();
    expect(await actions({ users: ['grace'] })).toEqual(['upgrade succeeded']);
  });
});
