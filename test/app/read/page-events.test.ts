import { describe, expect, it } from 'vitest';
import { type EventQuery, followEvents, pageEvents } from '../../../src/app/read/page-events.js';
import { writeEvent } from '../../../src/app/write/write-events.js';
import { NotFoundError } from '../../../src/errors.js';
import { SkippedEvents } from '../../../src/model/event/broken-events.js';
import type { SubjectEvent } from '../../../src/model/event/event.js';
import type { EventFilter } from '../../../src/model/event/event-filter.js';
import { cluster } from '../../../src/model/subject/subject.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { anId } from '../../support/store-fixtures.js';

const prod = cluster('default', 'kcm-system', 'prod');
const ALL: EventFilter = { actions: [], users: [], outcomes: [], phases: [], runs: [], grep: [] };
const EVENTS = [
  ['prod', { action: 'created', timestamp: '2025-07-10T23:59:59.999Z', user: 'ada', run_id: 'r1' }],
  ['prod', { action: 'scaled', timestamp: '2025-07-11T00:00:00Z', user: 'grace', outcome: 'failed' }],
  ['test', { action: 'noted', timestamp: '2025-07-11T12:00:00Z', user: 'ada', phase: 'create_vms' }],
  ['prod', { action: 'deleted', timestamp: '2025-07-10T12:00:00Z', user: 'alan', notes: 'A WireGuard key' }],
] as const;

const actions = (events: readonly SubjectEvent[]) => events.map(({ event }) => event.action);

async function recorded() {
  const memory = memoryWriting();
  const push = async (word: string, fields: Record<string, unknown>, terms = {}) =>
    writeEvent(await memory.writing({ terms }), { word }, fields);
  for (const [word, fields] of EVENTS) await push(word, fields);
  const page = async (more: Partial<EventQuery> & Partial<EventFilter> = {}) => {
    const { subject = null, limit = 100, before, after, ...filter } = more;
    const query = { subject, limit, before, after, filter: { ...ALL, ...filter } };
    return pageEvents(await memory.read(), query, new SkippedEvents());
  };
  return { ...memory, push, page };
}

describe('a page of events', () => {
  it('is in the order of event times for one subject, of publishing for all', async () => {
    const { page } = await recorded();
    expect(actions((await page({ subject: prod })).events)).toEqual(['deleted', 'created', 'scaled']);
    expect(actions((await page()).events)).toEqual(['created', 'scaled', 'noted', 'deleted']);
  });

  it('has the events that wait in the outbox last', async () => {
    const { page, push } = await recorded();
    await push('test', { action: 'waiting', timestamp: '2025-01-01T00:00:00Z' }, { queue: true });
    expect(actions((await page()).events).at(-1)).toBe('waiting');
  });

  it.each<[Partial<EventFilter>, string[]]>([
    [{ actions: ['created', 'noted'] }, ['created', 'noted']],
    [{ actions: ['created', 'noted'], users: ['ada'], phases: ['create_vms'] }, ['noted']],
    [{ outcomes: ['failed'] }, ['scaled']],
    [{ runs: ['r1'] }, ['created']],
    [{ grep: ['wireguard'] }, ['deleted']],
    [{ grep: ['GRACE', 'vms'] }, ['scaled', 'noted']],
    [{ since: Date.UTC(2025, 6, 11), until: Date.UTC(2025, 6, 11, 12) }, ['scaled']],
    [{ users: ['nobody'] }, []],
  ])('is filtered by %j', async (filter, expected) => {
    const { page } = await recorded();
    expect(actions((await page(filter)).events)).toEqual(expected);
    const ofProd = (await page({ subject: prod, ...filter })).events;
    expect(actions(ofProd).sort()).toEqual(expected.filter((action) => action !== 'noted').sort());
  });

  it('names the next one, which --before gets; --after gets what came since', async () => {
    const { page } = await recorded();
    const first = await page({ limit: 3 });
    expect(actions(first.events)).toEqual(['scaled', 'noted', 'deleted']);
    const [{ event } = { event: { id: '' } }] = first.events;
    expect(first.next).toBe(event.id);
    const second = await page({ limit: 3, before: event.id });
    expect([actions(second.events), second.next]).toEqual([['created'], null]);
    expect(actions((await page({ after: event.id })).events)).toEqual(['noted', 'deleted']);
    await expect(page({ before: anId() })).rejects.toThrow(NotFoundError);
  });
});

describe('following events', () => {
  it('yields the newest, then each new one once, also those with an earlier time', async () => {
    const { read, push, clock } = await recorded();
    const query = { subject: null, filter: { ...ALL, users: ['ada'] }, limit: 1 };
    const pages = followEvents(await read(), query, {
      broken: new SkippedEvents(),
      clock,
      onAway: () => undefined,
    });
    const next = async () => actions((await pages.next()).value.events);
    expect(await next()).toEqual(['noted']);
    await push('prod', { action: 'backdated', timestamp: '2025-01-01T00:00:00Z', user: 'ada' });
    await push('prod', { action: 'hidden', user: 'grace' });
    expect(await next()).toEqual(['backdated']);
    await push('test', { action: 'second', user: 'ada' });
    await push('test', { action: 'third', user: 'ada' });
    expect(await next()).toEqual(['second', 'third']);
  });
});
