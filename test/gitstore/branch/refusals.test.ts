import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REFUSALS, refusalOf } from '../../../src/gitstore/branch/refusals.js';

const [, ...ROWS] = readFileSync(new URL('refusals.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t') as [server: string, text: string, means: string]);

describe('what servers say of a push that they did not carry out', () => {
  it.each(ROWS)('%s: %s', (_server, text, means) => {
    const found = refusalOf(text);
    expect(found ? [found.means, found.scope].filter(Boolean).join(' ') : 'unknown').toBe(means);
  });

  it('has a recorded text for each server and meaning', () => {
    const missing = REFUSALS.filter((row) => !ROWS.some(([, text]) => refusalOf(text) === row));
    expect(missing.map(({ pattern }) => pattern.source)).toEqual([]);
  });
});
