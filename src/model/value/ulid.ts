/** ULIDs (github.com/ulid/spec): 48 bits of time in ms and 80 random bits as 26 base-32 digits that sort by time. */

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_DIGITS = 10;
/** Half of the random bits, and the digits that hold them: what a number holds exactly. */
const HALF_BITS = 40;
const HALF_DIGITS = 8;
/** The largest time of a ULID, in ms. */
export const ULID_MAX_TIME = 2 ** 48 - 1;

/** A ULID in canonical form: upper case, no overflow. */
export const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** Whether `text` is a canonical ULID. */
export function isUlid(text: string): boolean {
  return ULID.test(text);
}

/** The digits of an integer below 2^53. */
function digits(value: number, count: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < count; i++) {
    text = DIGITS.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** The ULID of `time` (ms since the epoch) and `random` (its 80 low bits). */
export function makeUlid(time: number, random: bigint): string {
  if (!Number.isInteger(time) || time < 0 || time > ULID_MAX_TIME) {
    throw new RangeError(`a ULID holds no time ${time}`);
  }
  const half = (bits: bigint) => digits(Number(BigInt.asUintN(HALF_BITS, bits)), HALF_DIGITS);
  return digits(time, TIME_DIGITS) + half(random >> BigInt(HALF_BITS)) + half(random);
}

/** The time of a ULID, in ms since the epoch. */
export function ulidTime(ulid: string): number {
  let time = 0;
  const end = Math.min(ulid.length, TIME_DIGITS);
  for (let i = 0; i < end; i++) time = time * 32 + DIGITS.indexOf(ulid.charAt(i));
  return time;
}

/** The smallest text that sorts behind all ULIDs of earlier times than `time` (ms since the epoch) and before all others. */
export function ulidsFrom(time: number): string {
  if (time <= 0) return '';
  // No ULID begins with an 8.
  return time > ULID_MAX_TIME ? '8' : digits(Math.ceil(time), TIME_DIGITS);
}

/** 80 bits from the first ten bytes of `bytes`. */
export function randomBits(bytes: Uint8Array): bigint {
  const halves = [bytes.subarray(0, 5), bytes.subarray(5, 10)].map((half) =>
    half.reduce((bits, byte) => bits * 256 + byte, 0),
  );
  return halves.reduce((bits, half) => (bits << BigInt(HALF_BITS)) | BigInt(half), 0n);
}

/** Makes ids for the current time, or for a given one. */
export interface IdSource {
  next(time?: number): string;
}

/**
 * An IdSource whose ids increase strictly with time, and within one millisecond in the order
 * in which they are made. The top random bit starts clear, so counting up never overflows.
 */
export function monotonicIds(now: () => number, random: () => Uint8Array): IdSource {
  let clock = 0;
  const lastAt = new Map<number, bigint>();
  return {
    next(time) {
      // Ids keep their order even if the clock steps back.
      if (time === undefined) clock = Math.max(now(), clock);
      const at = time ?? clock;
      const last = lastAt.get(at);
      const bits = last === undefined ? BigInt.asUintN(79, randomBits(random())) : last + 1n;
      lastAt.set(at, bits);
      return makeUlid(at, bits);
    },
  };
}
