import fc from 'fast-check';
import type { Edit, PlainEdit } from '../../src/model/state/edit.js';
import type { Value } from '../../src/model/value/value.js';

/** Keys of state documents, odd ones included. */
export const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.string({ minLength: 1, maxLength: 6 }),
  fc.constant('__proto__'),
);
const scalar = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom('yes', '2025-07-11T14:30:00Z', 'a: b', '# c', '- d', 'x\ny\n', ' lead', '1.10'),
);
/** Any value that a state document can hold. */
export const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
})).value;
/** Any edit of one path, also of paths that are not there. */
export const plainEdit: fc.Arbitrary<PlainEdit> = fc.oneof(
  fc.record({
    op: fc.constant('set' as const),
    path: fc.array(fc.oneof(key, fc.nat({ max: 2 })), { minLength: 1, maxLength: 4 }),
    value,
  }),
  fc.record({
    op: fc.constant('unset' as const),
    path: fc.array(fc.oneof(key, fc.nat({ max: 2 })), { minLength: 1, maxLength: 4 }),
  }),
);

export const anyEdit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: plainEdit },
  plainEdit
    .map(({ path }) => path)
    .chain((path) => fc.record({ op: fc.constant('merge' as const), path: fc.constant(path), value })),
);
