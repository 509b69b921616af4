import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import { formatStatePath, lookUp, parseStatePath } from '../../../src/model/state/state-path.js';

describe('state paths', () => {
  it('round-trip for any keys and indexes', () => {
    const part = fc.oneof(fc.string(), fc.nat({ max: 99_999 }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = formatStatePath(parts);
        if (text.length > 1024) return;
        expect(parseStatePath(text)).toEqual(parts);
      }),
    );
  });

  it.each([
    ['deployment.phases.create_vms.status', ['deployment', 'phases', 'create_vms', 'status']],
    ['deployment.vm_states."a.b".state', ['deployment', 'vm_states', 'a.b', 'state']],
    ['list.0.name', ['list', 0, 'name']],
    ['a."0"', ['a', '0']],
    ['a.007', ['a', '007']],
    ['"\\u00e9\\"".x', ['é"', 'x']],
  ])('%s', (text, parts) => {
    expect(parseStatePath(text)).toEqual(parts);
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '"a',
    'a b',
    'a."b"c',
    '"\\x"',
    'a\u0000',
    'x'.repeat(1025),
    Array(40).fill('a').join('.'),
  ])('refuses %j', (text) => {
    expect(() => parseStatePath(text)).toThrow(UsageError);
  });

  it('finds own keys alone, indexes in lists, and nothing below a scalar', () => {
    const root = { a: [{ b: null }], '1': 'one', s: 'text' };
    expect(lookUp(root, ['a', 0, 'b'])).toEqual({ found: true, value: null });
    expect(lookUp(root, [1])).toEqual({ found: true, value: 'one' });
    expect(lookUp(root, [])).toEqual({ found: true, value: root });
    for (const path of [
      ['constructor'],
      ['__proto__'],
      ['a', 1],
      ['a', 'length'],
      ['s', 'length'],
      ['s', 0],
    ]) {
      expect(lookUp(root, path)).toEqual({ found: false });
    }
  });
});
