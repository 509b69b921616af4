import { isMap } from '../../model/value/value.js';

/** Parses puts that were stored as JSON, `{"puts": [[KEY, VALUE]]}`; null if the text is anything else. */
export function parsePuts(text: string): ReadonlyMap<string, string | null> | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  const puts = isMap(json) ? json['puts'] : null;
  if (!Array.isArray(puts)) return null;
  const parsed = new Map<string, string | null>();
  for (const put of puts) {
    const [key, value]: unknown[] = Array.isArray(put) ? put : [];
    if (typeof key !== 'string' || !(value === null || typeof value === 'string')) return null;
    parsed.set(key, value);
  }
  return parsed;
}
