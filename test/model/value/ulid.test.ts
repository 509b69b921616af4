import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isUlid,
  makeUlid,
  monotonicIds,
  randomBits,
  ULID_MAX_TIME,
  ulidsFrom,
  ulidTime,
} from '../../../src/model/value/ulid.js';

const time = fc.integer({ min: 0, max: ULID_MAX_TIME });
const random = fc.bigInt({ min: 0n, max: 2n ** 80n - 1n });

describe('ULIDs', () => {
  it('sort by time, then by their random part, and give their time back', () => {
    fc.assert(
      fc.property(time, random, time, random, (t1, r1, t2, r2) => {
        const [a, b] = [makeUlid(t1, r1), makeUlid(t2, r2)];
        expect(isUlid(a)).toBe(true);
        expect(ulidTime(a)).toBe(t1);
        const order = t1 === t2 ? (r1 < r2 ? -1 : r1 > r2 ? 1 : 0) : t1 < t2 ? -1 : 1;
        expect(a < b ? -1 : a > b ? 1 : 0).toBe(order);
      }),
    );
  });

  it('of a time and later sort behind its bound, all others before it', () => {
    const bound = fc.oneof(fc.double({ noNaN: true }), time, fc.double({ min: 0, max: 9, noNaN: true }));
    fc.assert(
      fc.property(fc.oneof(time, fc.nat(9)), random, bound, (at, bits, from) => {
        expect(makeUlid(at, bits) >= ulidsFrom(from)).toBe(at >= from);
      }),
    );
  });

  it('are those of the specification', () => {
    expect(makeUlid(1469918176385, 0n)).toBe('01ARYZ6S410000000000000000');
    expect(makeUlid(ULID_MAX_TIME, 2n ** 80n - 1n)).toBe('7ZZZZZZZZZZZZZZZZZZZZZZZZZ');
    expect(() => makeUlid(ULID_MAX_TIME + 1, 0n)).toThrow(RangeError);
  });

  it.each([
    '',
    '01ARYZ6S41000000000000000',
    '81ARYZ6S410000000000000000',
    '01aryz6s410000000000000000',
    '01ARYZ6S4100000000000000IL',
  ])('are not %j', (text) => {
    expect(isUlid(text)).toBe(false);
  });

  it('of one process rise strictly, also when the clock stands still or goes back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 60 }),
        fc.uint8Array({ minLength: 10, maxLength: 10 }),
        (steps, bytes) => {
          let now = 1_000;
          const ids = monotonicIds(
            () => now,
            () => bytes,
          );
          const made = steps.map((step) => {
            now += step;
            return ids.next();
          });
          expect([...made].sort()).toEqual(made);
          expect(new Set(made).size).toBe(made.length);
        },
      ),
    );
  });

  it('of named times rise within each time, in whatever order the times come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 })), (times) => {
        const ids = monotonicIds(
          () => 0,
          () => new Uint8Array(10).fill(255),
        );
        const made = times.map((at) => ({ at, id: ids.next(at) }));
        expect(made.every(({ at, id }) => ulidTime(id) === at)).toBe(true);
        for (const at of [1, 2, 3]) {
          const same = made.filter((one) => one.at === at).map(({ id }) => id);
          expect([...new Set(same)].sort()).toEqual(same);
        }
      }),
    );
  });

  it('take their random part from ten bytes', () => {
    expect(randomBits(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 99]))).toBe(258n);
  });
});
