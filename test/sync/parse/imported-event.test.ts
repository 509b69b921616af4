import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAction, sortByTime } from '../../../src/model/event/event.js';
import { formatEvent, parseEvent } from '../../../src/model/event/event-file.js';
import { cluster, deployment } from '../../../src/model/subject/subject.js';
import { isUlid, ulidTime } from '../../../src/model/value/ulid.js';
import type { Value, ValueMap } from '../../../src/model/value/value.js';
import { importedEvents } from '../../../src/sync/parse/imported-event.js';
import { value } from '../../support/arbitraries.js';

const subject = deployment('k0rdent-x');
const T = '2025-12-04T01:00:00Z';

function imported(entries: readonly Value[]) {
  return importedEvents({ family: 'deployment-events', subject, entries });
}

function eventsOf(entries: readonly Value[]) {
  return imported(entries).events.map(({ event }) => event);
}

/** Few times, actions and texts, so that equal entries and equal timestamps are common. */
const entry: fc.Arbitrary<ValueMap> = fc
  .record({
    second: fc.nat({ max: 3 }),
    action: fc.constantFrom('phase_completed', 'vm_created', 'Odd Action!', '💥'),
    more: fc.dictionary(fc.constantFrom('message', 'phase', 'user', 'id', 'extra', '__proto__'), value, {
      maxKeys: 2,
    }),
  })
  .map(({ second, action, more }) => ({ timestamp: `2025-12-04T01:00:0${second}Z`, action, ...more }));
const inTime = fc
  .array(entry, { maxLength: 30 })
  .map((list) => list.sort((a, b) => String(a['timestamp']).localeCompare(String(b['timestamp']))));

describe('importedEvents', () => {
  it('follows the id rule: time plus rank, then the hash', () => {
    const a = { timestamp: T, action: 'a', message: 'm' };
    const events = eventsOf([a, { timestamp: '2025-12-04T01:00:01Z', action: 'b' }, a]);
    expect(events.map(({ id }) => ulidTime(id) - Date.parse(T))).toEqual([0, 1000, 1]);
    expect(events[0]?.id.slice(10)).not.toBe(events[2]?.id.slice(10));
    // An id that ever changes makes every earlier import new again.
    expect(events.map(({ id }) => id)).toMatchInlineSnapshot(`
      [
        "01KBKDZ1M0ZY91VTHTJ5A69GW9",
        "01KBKDZ2K8BSHJ6QNQSJZSSCPC",
        "01KBKDZ1M1M9D2KB27DVZADK7T",
      ]
    `);
  });

  it('keeps any file order, equal entries distinct, and every id canonical', () => {
    fc.assert(
      fc.property(inTime, (entries) => {
        const events = eventsOf(entries);
        expect(events.map(({ source }) => source?.['index'])).toEqual(entries.map((_, i) => i));
        expect(sortByTime(events, (event) => event)).toEqual(events);
        expect(new Set(events.map(({ id }) => id)).size).toBe(entries.length);
        for (const { id, action } of events) expect(isUlid(id) && isAction(action)).toBe(true);
      }),
    );
  });

  it('gives the same ids after the file has grown, whatever the order of keys', () => {
    fc.assert(
      fc.property(inTime, inTime, (entries, more) => {
        const ids = eventsOf(entries).map(({ id }) => id);
        const turned = entries.map((item) => Object.fromEntries(Object.entries(item).reverse()) as ValueMap);
        const grown = eventsOf([...turned, ...more]).map(({ id }) => id);
        expect(grown.slice(0, ids.length)).toEqual(ids);
      }),
    );
  });

  it('makes events that can be written down and read back', () => {
    fc.assert(
      fc.property(inTime, (entries) => {
        for (const event of eventsOf(entries)) {
          expect(parseEvent(formatEvent(event), 'event.yaml')['id']).toBe(event.id);
        }
      }),
    );
  });

  it('has other ids for another subject, time or field', () => {
    const a: ValueMap = { timestamp: T, action: 'a', message: 'm' };
    const other = importedEvents({ family: 'cluster-events', subject: cluster('m', 'n', 'c'), entries: [a] });
    const ids = [
      ...eventsOf([a]),
      ...eventsOf([{ ...a, message: 'n' }]),
      ...eventsOf([{ ...a, phase: 'p' }]),
      ...other.events.map(({ event }) => event),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
  });

  it('keeps what an entry says: unknown keys, the words that were changed, the fields of another type', () => {
    const [event] = eventsOf([
      {
        timestamp: '2025-12-04T02:00:00.5+01:00',
        action: 'VM Created!',
        message: ['a', 'b'],
        id: 'mine',
        changes: [],
        phase: 'create_vms',
        vm_name: 'w1',
        user: 'rbias',
      },
    ]);
    expect(event).toEqual({
      id: event?.id,
      timestamp: '2025-12-04T01:00:00.500Z',
      action: 'vm-created',
      phase: 'create_vms',
      vm_name: 'w1',
      user: 'rbias',
      source: {
        imported_from: 'deployment-events',
        index: 0,
        action: 'VM Created!',
        timestamp: '2025-12-04T02:00:00.5+01:00',
        fields: { message: ['a', 'b'], id: 'mine', changes: [] },
      },
    });
  });

  it('marks the creation that a dry run logged, and no other', () => {
    const created = { timestamp: T, action: 'cluster_deployment_created', message: 'm' };
    const recorded = (dry: string): ValueMap => ({
      timestamp: T,
      action: 'cluster_config_recorded',
      message: `Template: t, Credential: c, DryRun: ${dry}`,
    });
    const events = eventsOf([created, recorded('false'), created, recorded('true'), created]);
    expect(events.map(({ parameters }) => parameters?.['dry_run'] ?? false)).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    const [given] = eventsOf([{ ...created, parameters: { dry_run: false } }, recorded('true')]);
    expect(given?.parameters).toEqual({ dry_run: false });
  });

  it('names the entry that is too large', () => {
    const { events, invalid } = imported([{ timestamp: T, action: 'a', extra: 'x'.repeat(2_000_000) }]);
    expect(events).toEqual([]);
    expect(invalid[0]?.message).toContain('larger than');
  });

  it('keeps the rank of an entry without an action, so mending it moves no other', () => {
    const tail = { timestamp: T, action: 'b' };
    const [, mended] = eventsOf([{ timestamp: T, action: 'a' }, tail]);
    expect(eventsOf([{ timestamp: T, message: 'no action' }, tail])[0]?.id).toBe(mended?.id);
  });
});
