import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml11 } from 'yaml';
import { InvalidStateError, UsageError } from '../../../src/errors.js';
import { formatTimestamp, type KgitEvent, sortByTime } from '../../../src/model/event/event.js';
import { formatEvent, parseEvent } from '../../../src/model/event/event-file.js';
import { checkEventFields } from '../../../src/model/event/event-schema.js';
import { newEvent } from '../../../src/model/event/new-event.js';
import { eventPath, monthOf, parseEventPath, subjectFolder } from '../../../src/model/subject/layout.js';
import { cluster, deployment, isLabel, isSubdomain } from '../../../src/model/subject/subject.js';
import { parseRfc3339 } from '../../../src/model/value/rfc3339.js';
import { makeUlid, monotonicIds, ulidTime } from '../../../src/model/value/ulid.js';
import { key, value } from '../../support/arbitraries.js';

const NOW = Date.UTC(2026, 0, 1);
const event: KgitEvent = { id: makeUlid(NOW, 1n), timestamp: '2026-01-01T00:00:00Z', action: 'tested' };
const ids = () =>
  monotonicIds(
    () => NOW,
    () => new Uint8Array(10),
  );
const defaults = { user: 'ada', host: 'h' };

describe('event files', () => {
  it('round-trip with any further keys, known ones first and in their order', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { maxKeys: 4 }),
        fc.string(),
        fc.string(),
        (extra, message, notes) => {
          const whole = { notes, ...extra, message, ...event } as KgitEvent;
          const text = formatEvent(whole);
          expect(parseEvent(text, 'e')).toEqual(whole);
          expect(
            text.startsWith(`id: ${event.id}\ntimestamp: "2026-01-01T00:00:00Z"\naction: tested\n`),
          ).toBe(true);
          expect(formatEvent(parseEvent(text, 'e'))).toBe(text);
        },
      ),
    );
  });

  it('say the same to a YAML 1.1 reader where it would see dates and truth values', () => {
    const odd = { ...event, message: 'yes', user: 'off', reason: '2025-07-11', phase: 'n' };
    expect(parseYaml11(formatEvent(odd), { version: '1.1' })).toEqual(odd);
  });

  it.each([
    ['- 1\n', 'mapping'],
    ['id: x\n', 'ULID'],
    [`id: ${event.id}\naction: A B\n`, 'action'],
    [`id: ${event.id}\naction: a\ntimestamp: soon\n`, 'timestamp'],
    ['id: [\n', 'e:2:1'],
  ])('refuse %j, naming the file', (text, words) => {
    expect(() => parseEvent(text, 'e')).toThrow(InvalidStateError);
    expect(() => parseEvent(text, 'e')).toThrow(words);
  });
});

describe('places of events', () => {
  it('are inside the repository for every name that the rules allow, and read back', () => {
    const label = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}[a-z0-9]$/).filter(isLabel);
    const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/).filter(isSubdomain);
    const action = fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,20}$/);
    fc.assert(
      fc.property(label, label, name, action, fc.boolean(), (management, namespace, own, word, isCluster) => {
        const subject = isCluster ? cluster(management, namespace, own) : deployment(own);
        const path = eventPath(subject, { id: event.id, action: word });
        expect(path.split('/')).not.toContain('..');
        expect(path.split('/')).not.toContain('.git');
        expect(path.startsWith(`${subjectFolder(subject)}/events/2026-01/`)).toBe(true);
        expect(parseEventPath(path)).toEqual({ subject, id: event.id });
      }),
    );
    expect(monthOf(makeUlid(Date.UTC(2025, 11, 31, 23, 59), 0n))).toBe('2025-12');
  });

  it.each([
    '',
    'x',
    'deployments/a/state.yaml',
    'deployments/A/events/2026-01/x.yaml',
    `deployments/../events/2026-01/${event.id}-a.yaml`,
    `clusters/a/b/events/2026-01/${event.id}-a.yaml`,
  ])('%j is none', (path) => {
    expect(parseEventPath(path)).toBeNull();
  });
});

describe('fields from outside', () => {
  it.each([
    [{}, 'action: is missing'],
    [{ action: 'A' }, 'action word'],
    [{ action: 'x'.repeat(65) }, 'action word'],
    [{ action: 'a', id: 'x' }, 'ULID'],
    [{ action: 'a', timestamp: '2025-02-30T00:00:00Z' }, 'RFC 3339'],
    [{ action: 'a', timestamp: 'now' }, 'RFC 3339'],
    [{ action: 'a', outcome: 'maybe' }, 'outcome'],
    [{ action: 'a', duration_seconds: -1 }, 'negative'],
    [{ action: 'a', duration_seconds: Number.NaN }, 'duration_seconds'],
    [{ action: 'a', parameters: [1] }, 'mapping'],
    [{ action: 'a', changes: [] }, 'changes'],
    [{ action: 'a', notes: 'x'.repeat(300_000) }, 'notes'],
    [{ action: 'a', x: 'y'.repeat(1_100_000) }, 'larger'],
    [{ action: 'a', x: new Date(0) }, 'x'],
    [null, 'mapping'],
  ])('refuses what breaks a rule (%#)', (fields, words) => {
    expect(() => checkEventFields(fields)).toThrow(UsageError);
    expect(() => checkEventFields(fields)).toThrow(words);
  });

  it('makes id and time of each other', () => {
    const made = newEvent({ action: 'a' }, ids(), NOW, defaults);
    expect(Date.parse(made.timestamp)).toBe(ulidTime(made.id));
    expect(
      newEvent({ action: 'a', timestamp: '2025-07-11T16:30:00.250+02:00' }, ids(), NOW, defaults),
    ).toMatchObject({
      timestamp: '2025-07-11T14:30:00.250Z',
    });
    const id = makeUlid(NOW - 5, 9n);
    expect(newEvent({ action: 'a', id }, ids(), NOW, defaults).timestamp).toBe(formatTimestamp(NOW - 5));
    expect(() =>
      newEvent({ action: 'a', id, timestamp: '2025-07-11T14:30:00Z' }, ids(), NOW, defaults),
    ).toThrow(UsageError);
    expect(() =>
      newEvent({ action: 'a', timestamp: formatTimestamp(NOW + 301_000) }, ids(), NOW, defaults),
    ).toThrow(/ahead/);
    newEvent({ action: 'a', timestamp: formatTimestamp(NOW + 299_000) }, ids(), NOW, defaults);
  });

  it('reads RFC 3339 and nothing else', () => {
    expect(parseRfc3339('2025-07-11T14:30:00Z')).toBe(Date.UTC(2025, 6, 11, 14, 30));
    expect(parseRfc3339('2024-02-29t00:00:00.5z')).toBe(Date.UTC(2024, 1, 29) + 500);
    for (const bad of [
      '2025-07-11',
      '2025-13-01T00:00:00Z',
      '2023-02-29T00:00:00Z',
      '1969-01-01T00:00:00Z',
      '2025-07-11T14:30Z',
      '2025-07-11T25:00:00Z',
    ]) {
      expect(parseRfc3339(bad)).toBeNull();
    }
  });

  it('orders events by time, then id', () => {
    const early = { ...event, id: makeUlid(NOW + 9, 0n), timestamp: '2025-12-31T23:59:59Z' };
    const late = { ...event, id: makeUlid(NOW, 5n) };
    expect(sortByTime([late, event, early], (one) => one)).toEqual([early, event, late]);
  });
});
