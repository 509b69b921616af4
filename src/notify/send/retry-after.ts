/** Longest time that a receiver may ask us to wait, in ms: past that, it is asked again. */
export const MAX_RETRY_AFTER_MS = 15 * 60_000;

/**
 * The wait that a header `Retry-After` asks for, in ms, within bounds; null if there is none, or it is neither seconds
 * nor a date (RFC 9110, 10.2.3). Fractions of seconds are taken, too: Discord sends them.
 */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? '';
  if (text === '') return null;
  const ms = /^\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}
