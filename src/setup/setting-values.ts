/** Parsers of setting values, whatever their source. They return undefined for a value that breaks the rule. */
import { parseDuration } from '../model/value/time.js';

/** One line of text. */
export const text = (value: unknown) =>
  typeof value === 'string' && value !== '' && !/[\u0000-\u001f\u007f]/.test(value) ? value : undefined;
/** A folder or an address. A folder's name may contain line breaks; further checks happen where it is used. */
export const place = (value: unknown) =>
  typeof value === 'string' && value !== '' && !value.includes('\0') ? value : undefined;
/** Maximum length of a person's name, in characters. */
export const MAX_NAME = 1024;
/** One line of text that also passes a test. */
export const textWhere = (isValid: (text: string) => boolean) => (value: unknown) => {
  const word = text(value);
  return word !== undefined && isValid(word) ? word : undefined;
};
/** One of a list of words. */
export const wordOf =
  <T extends string>(words: readonly T[]) =>
  (value: unknown) =>
    words.find((word) => word === value);
/** Maximum delay of a Node timer, in ms: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A boolean, or its word, as in environment variables. */
export function truth(value: unknown): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/**
 * Maximum `publish.interval`, in ms: a background process waits that long, and a stranger's kgit.yaml may ask for it.
 */
const MAX_INTERVAL_MS = 60 * 60 * 1000;

/** A duration of an hour at most, in ms. */
export function interval(value: unknown): number | undefined {
  const ms = duration(value);
  return ms !== undefined && ms <= MAX_INTERVAL_MS ? ms : undefined;
}

/** Parses a duration, a text such as `5m` or a number of seconds, into ms. */
export function duration(value: unknown): number | undefined {
  try {
    const ms =
      typeof value === 'number' ? value * 1000 : typeof value === 'string' ? parseDuration(value) : undefined;
    return ms !== undefined && ms >= 0 && ms <= MAX_TIMER_MS ? ms : undefined;
  } catch {
    // The rule's own message, with the place of the setting, says more.
    return undefined;
  }
}

/** A day, as YYYY-MM-DD. */
export function date(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return undefined;
  const at = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value) ? value : undefined;
}
