import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatYaml } from '../../../src/model/yaml/yaml.js';
import { plainEvents } from '../../../src/sync/script-api/plain-events.js';
import { ScriptEventsFile } from '../../../src/sync/script-api/script-events-file.js';

const TIME = '2025-12-04T01:00:00Z';
const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    'a: b',
    '- x',
    '# c',
    ' ',
    '',
    'null',
    'true',
    'a #b',
    'x\ny',
    'x\n\n y\n',
    '|',
    "'",
    '"',
    '1.10',
    '\u0085',
    '- timestamp: "x"',
  ),
);
const entries = fc.array(
  fc.record({ timestamp: fc.constantFrom(TIME, '2025-12-04T01:00:01Z'), action: texts, message: texts }),
  {
    maxLength: 6,
  },
);
/** The layouts of the scripts' files: the list at the end, the list before last_updated, an empty list. */
const files = fc
  .tuple(entries, fc.boolean())
  .map(([events, isLast]) =>
    formatYaml(isLast ? { deployment_id: 'x', last_updated: TIME, events } : { events, last_updated: TIME }),
  );
const folder = mkdtempSync(join(tmpdir(), 'kgit-events-'));
let count = 0;

it('adds entries as a reader of YAML sees them, whatever the file holds', async () => {
  await fc.assert(
    fc.asyncProperty(files, fc.array(texts, { minLength: 1, maxLength: 3 }), async (text, messages) => {
      const path = join(folder, `${count++}.yaml`);
      writeFileSync(path, text);
      const file = new ScriptEventsFile(path, () => {});
      const wanted = parse(text);
      for (const message of messages) {
        const entry = { timestamp: TIME, action: 'a', message };
        const { index, sameTime } = await file.add(entry);
        expect(index).toBe(wanted.events.length);
        wanted.events.push(entry);
        wanted.last_updated = TIME;
        expect(sameTime).toEqual(wanted.events.filter((one: typeof entry) => one.timestamp === TIME));
      }
      expect(parse(readFileSync(path, 'utf8'))).toEqual(wanted);
    }),
    { numRuns: 150 },
  );
});

it('sees no list where a reader of YAML sees another shape', () => {
  for (const text of [
    'events:\n',
    'a: |\n  events:\nevents:\n- timestamp: "x"\n  b: [\n',
    'events: []\n',
    'events:\n- x\n',
  ])
    expect(plainEvents(text)).toBeNull();
});
