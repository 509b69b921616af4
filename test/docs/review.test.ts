import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RULES } from '../../src/review/finding.js';

it('the page on review tells every rule, and no other', () => {
  const page = readFileSync('docs/review.md', 'utf8');
  const told = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule);
  expect(told).toEqual(Object.keys(RULES));
});
