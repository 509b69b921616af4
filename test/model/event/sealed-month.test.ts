import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.js';
import type { KgitEvent } from '../../../src/model/event/event.js';
import { formatEvent, parseEvent, readHead } from '../../../src/model/event/event-file.js';
import { formatSealedMonth, parseSealedMonth, sealableText } from '../../../src/model/event/sealed-month.js';
import { cluster, deployment } from '../../../src/model/subject/subject.js';
import { makeUlid } from '../../../src/model/value/ulid.js';
import { parseYaml } from '../../../src/model/yaml/yaml.js';
import { key, value } from '../../support/arbitraries.js';
import { anyCharacter } from '../../support/characters.js';

const prod = cluster('default', 'kcm-system', 'prod');
const T = Date.UTC(2025, 6, 11);
const base = { timestamp: '2025-07-11T00:00:00Z', action: 'tested' };
const eventAt = (n: number, more: object = {}) =>
  ({ id: makeUlid(T, BigInt(n)), ...base, ...more }) as KgitEvent;
const seal = (texts: readonly string[]) =>
  formatSealedMonth(
    prod,
    texts.map((text) => sealableText(text, 'e').text),
  );
const read = (file: string) => parseSealedMonth(file, 'f').map((event) => event.read());

/** Texts of an event file as people may have edited it; each is valid, some cannot be indented as they are. */
const HEAD = `id: ${makeUlid(T, 1n)}\ntimestamp: "2025-07-11T00:00:00Z"\naction: tested\n`;
const EDITED = [
  `# why\n${HEAD}# end\n`,
  `${HEAD}notes: |\n  one\n\n    two\n   \n\n`,
  `${HEAD}notes: |+\n  one\n\n\n`,
  `${HEAD}notes: |2\n    lead\n  x\n`,
  `${HEAD}notes: >-\n  folded\n  text\n\n  more\n`,
  `${HEAD}message: "two\n  lines"\nreason: plain\n  goes on\n`,
  `${HEAD}parameters: {a: [1,\n  2], b: "x"}\n`,
  `${HEAD}parameters:\n  a: &x 1\n  b: *x\nb: 2\n1: x\n`,
  `${HEAD}changes:\n- path: a.b\n  after: 1\n`,
  `${HEAD}message: no line end`,
  `${HEAD}notes: |\n  no line end`,
  `\n\n${HEAD}`,
  `---\n${HEAD}`,
  `${HEAD}...\n`,
  `%YAML 1.2\n---\n${HEAD}b: 1\na: 2 # kept\n`,
  HEAD.replaceAll('\n', '\r\n'),
  `\ufeff${HEAD}`,
  `{id: ${makeUlid(T, 1n)}, timestamp: "2025-07-11T00:00:00Z", action: tested}\n`,
  `${HEAD}message: "--- x"\nnotes: |\n  ---\n  ...\n  %\n`,
  `action: tested\nid: ${makeUlid(T, 1n)}\ntimestamp: 2025-07-11T00:00:00Z\n`,
];

describe('a sealed month', () => {
  it('has the structure that people know, events unchanged', () => {
    const texts = [formatEvent(eventAt(1)), formatEvent(eventAt(2, { notes: 'a\n\n b\n' }))];
    const item = (n: number) =>
      `  - id: ${makeUlid(T, BigInt(n))}\n    timestamp: "2025-07-11T00:00:00Z"\n    action: tested\n`;
    expect(seal(texts)).toBe(
      `cluster_name: "prod"\nevents:\n${item(1)}${item(2)}    notes: |\n      a\n\n       b\n`,
    );
    expect(formatSealedMonth(deployment('null'), texts)).toMatch(/^deployment_id: "null"\nevents:\n {2}- id/);
  });

  it('gives back every text as it was, and the same events to a YAML parser', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.dictionary(key, value, { maxKeys: 4 }), fc.string(), fc.string({ unit: anyCharacter })),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        (all) => {
          const events = all.map(([more, notes, message], n) =>
            eventAt(n, { ...more, notes, message, ...eventAt(n) }),
          );
          const texts = events.map(formatEvent);
          const file = seal(texts);
          const sealed = parseSealedMonth(file, 'f');
          expect(sealed.map((event) => event.text())).toEqual(texts);
          expect(sealed.map((event) => event.read())).toEqual(events);
          expect(sealed.map(({ head }) => head.id)).toEqual(events.map(({ id }) => id));
          expect(JSON.stringify(parseYaml(file, 'f'))).toBe(
            JSON.stringify({ cluster_name: 'prod', events: texts.map((text) => parseYaml(text, 'e')) }),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each(EDITED)('keeps an edited event, %j', (text) => {
    const event = parseEvent(text, 'e');
    const texts = [formatEvent(eventAt(0)), text, formatEvent(eventAt(2))];
    const file = seal(texts);
    expect(read(file)).toEqual([eventAt(0), event, eventAt(2)]);
    expect(JSON.stringify(read(file)[1])).toBe(JSON.stringify(event));
    expect((parseYaml(file, 'f') as { events: unknown[] }).events).toEqual(read(file));
    for (const comment of text.match(/# \w+/g) ?? []) expect(file).toContain(comment);
    // Sealing what is sealed changes nothing more.
    expect(seal(parseSealedMonth(file, 'f').map((item) => item.text()))).toBe(file);
  });

  it('keeps the very text of an edited event that can be indented', () => {
    for (const text of EDITED.slice(0, 9)) {
      const [sealed] = parseSealedMonth(seal([text]), 'f');
      expect(sealed?.text()).toBe(text);
    }
  });

  it('is read in any other layout, too', () => {
    const file = seal([formatEvent(eventAt(1)), formatEvent(eventAt(2, { parameters: { a: 'b' } }))]);
    const others = [
      file.replaceAll('\n    ', '\n      ').replaceAll('  - id', '  -   id'),
      file.replaceAll('\n  ', '\n'),
      file.replaceAll('\n', '\r\n'),
      `# ours\n${file}`,
      `${file.replace(/cluster_name.*\n/, '')}cluster_name: prod\n`,
      file.replace('events:\n', 'events: # all\n# and more\n'),
      JSON.stringify(parseYaml(file, 'f')),
      file.trimEnd(),
    ];
    for (const other of others) {
      expect(other).not.toBe(file);
      expect(read(other), other).toEqual(read(file));
    }
    for (const other of others.slice(1))
      expect(seal(parseSealedMonth(other, 'f').map((item) => item.text()))).toBe(file);
  });

  it('cuts no text otherwise than a parser reads it', () => {
    const lines = fc.constantFrom(
      ...[
        '  - id: X',
        '    a: 1',
        '    b: "',
        '    c"',
        '      d',
        '',
        '    ',
        '  e: 1',
        '    ---',
        '    ...',
      ],
      ...[
        '    - f',
        '  -',
        '  - - g',
        '    n: |',
        '      x',
        '    %',
        '    # h',
        '  # i',
        '    j: *k',
        '    l: &k 1',
      ],
    );
    const [first, second] = [1, 2].map((n) => formatSealedMonth(prod, [formatEvent(eventAt(n))])) as [
      string,
      string,
    ];
    const whole = (text: string) => {
      try {
        return (parseYaml(text, 'f') as { events: unknown[] }).events;
      } catch {
        return null;
      }
    };
    const cut = (text: string) => {
      try {
        return read(text);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidStateError);
        return null;
      }
    };
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 6 }), (some) => {
        const text = `${first}${some.map((some) => `${some}\n`).join('')}${second.slice(second.indexOf('  - '))}`;
        const events = cut(text);
        if (events) expect(events, text).toEqual(whole(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('names file and line of what is broken', () => {
    const file = seal([formatEvent(eventAt(1)), formatEvent(eventAt(2))]);
    expect(() => read(`${file}    message: [\n`)).toThrow(/^f:10:1/);
    expect(() => read(file.replace('action: tested', 'action: A B'))).toThrow(/^f: action/);
    expect(() => read('events: 1\n')).toThrow('list of events');
    expect(() => read('')).toThrow(InvalidStateError);
    expect(() => sealableText('id: [', 'e')).toThrow(/^e:1/);
  });
});

describe('the head of an event', () => {
  it('is what the parser says, or left to it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(makeUlid(T, 1n), '01234567890123456789012345', '0123456789E123456789012345'),
        fc.constantFrom(
          '2025-07-11T00:00:00Z',
          '2025-07-11T00:00:00.123+02:00',
          'soon',
          '2025-99-11T00:00:00Z',
        ),
        fc.oneof(
          fc.stringMatching(/^[a-z0-9_.-]{1,6}$/),
          fc.constantFrom('true', 'null', '1e3', '0x1f', 'no'),
        ),
        (id, timestamp, action) => {
          const text = `id: ${id}\ntimestamp: "${timestamp}"\naction: ${action}\n`;
          let event: KgitEvent | null = null;
          try {
            event = parseEvent(text, 'e');
          } catch {
            expect(() => readHead(text, 'e')).toThrow(InvalidStateError);
          }
          if (event) expect(readHead(text, 'e')).toMatchObject({ ...event });
        },
      ),
    );
  });
});
