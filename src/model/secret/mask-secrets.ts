import { scanText } from './forms/scan-text.js';

/** The replacement of a secret. */
export const MASK = '***';
/** Masking joins parts of a text, which may form another secret; after this many rounds everything is masked. */
const MAX_ROUNDS = 5;

/** `text` with every secret part replaced by `***`, for showing a command or a path; the guard finds none in it. */
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
