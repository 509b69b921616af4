import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKey } from '../../../src/model/value/duplicate-key.js';

describe('duplicateKey', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":{"b":1,"c":[{"b":1}],"b":2}}', 'b'],
    ['[{"x":1},{"x":1}]', null],
    ['{"a":"{\\"b\\":1,\\"b\\":2}"}', null],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"a,b":1,":":2,"}":3}', null],
    ['{"__proto__":1,"__proto__":2}', '__proto__'],
    ['{"":1,"":2}', ''],
    ['"a"', null],
  ])('%s: %j', (text, key) => {
    expect(duplicateKey(text)).toBe(key);
  });

  it('finds none in what was written from values, and one where a key is added again', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(object, (value) => {
        const text = JSON.stringify(value);
        expect(duplicateKey(text)).toBeNull();
        const [first = ''] = Object.keys(JSON.parse(text) as object);
        expect(duplicateKey(`${text.slice(0, -1)},${JSON.stringify(first)}:0}`)).toBe(first);
      }),
    );
  });
});
