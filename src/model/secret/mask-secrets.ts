import { scanText } from './forms/scan-text.js';

/** The replacement of a secret. */
export const MASK = '***';
/** Masking joins parts of a text, which may form another secret. After this many rounds, everything is masked. */
const MAX_ROUNDS = 5;

/**
 * Replaces every secret part of `text` with `***`, to show a command or a path; the guard finds no secret in the
 * result.
 */
export function maskSecrets(text: string): string {
  let masked = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const spans = scanText(masked);
    if (spans.length === 0) return masked;
    let rest = '';
    let from = 0;
    for (const { start, end } of spans) {
      rest += masked.slice(from, start) + MASK;
      from = end;
    }
    masked = rest + masked.slice(from);
  }
  return MASK;
}
