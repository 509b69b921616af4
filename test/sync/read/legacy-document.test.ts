import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseLegacyDocument } from '../../../src/sync/read/legacy-document.js';
import { legacyTree } from '../../support/legacy-trees.js';

const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

describe('parseLegacyDocument', () => {
  it('reads what the YAML package reads', () => {
    fc.assert(
      fc.property(legacyTree, ({ files }) => {
        for (const { text } of files)
          expect(JSON.stringify(parseLegacyDocument(text, 'f', 'deployment-events').data)).toBe(
            JSON.stringify(parse(text)),
          );
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['plain', 'a: 1\nevents:\n  - action: one\n\n  # c\n  - action: two\n'],
    ['not plain', 'a: 1\nevents:\n  - {action: one}\n  - action: two\n'],
  ])('knows the lines of entries of a text that is %s', (_name, text) => {
    const { lineOf: told } = parseLegacyDocument(text, 'f', 'deployment-events');
    expect(told(1)).toBe(lineOf(text, 'action: two'));
    expect(told(2)).toBeUndefined();
  });
});
