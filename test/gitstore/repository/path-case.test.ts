import { expect, it } from 'vitest';
import { clashes } from '../../../src/gitstore/doctor/path-case.js';

it('finds files, folders and Unicode forms that are one name where case does not count', () => {
  expect(clashes(['a/b', 'a/c', 'b'])).toEqual([]);
  expect(clashes(['notes/Plan.md', 'notes/plan.md'])).toEqual([['notes/Plan.md', 'notes/plan.md']]);
  expect(clashes(['A/b', 'a/b'])).toEqual([['A/b', 'a/b']]);
  expect(clashes(['A', 'a/b/c'])).toEqual([['A', 'a/b/c']]);
  // One folder on the disk, and nothing is lost.
  expect(clashes(['A/b', 'a/c'])).toEqual([]);
  expect(clashes(['caf\u00e9', 'cafe\u0301'])).toEqual([['caf\u00e9', 'cafe\u0301']]);
});
