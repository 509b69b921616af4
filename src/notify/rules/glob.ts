/** Longest text that is compared with a pattern: subjects and users are shorter. */
const MAX_TEXT = 1024;

/**
 * Whether a whole text fits a pattern: `*` stands for any characters but `/`, `**` for any characters, `?` for one
 * character but `/`. Case counts. It takes time in proportion to both lengths, which a regular expression with several
 * stars would not.
 */
export function fits(pattern: string, text: string): boolean {
  const parts = pattern.match(/\*+|[^*]/gu) ?? [];
  // For each place in the pattern, whether the text so far fits what is before it.
  let reached = past(parts, [true]);
  for (const character of text.slice(0, MAX_TEXT)) {
    const next: boolean[] = [];
    for (const [at, part] of parts.entries()) {
      if (!reached[at]) continue;
      if (part.startsWith('*')) next[at] ||= part !== '*' || character !== '/';
      else if (part === '?' ? character !== '/' : part === character) next[at + 1] = true;
    }
    reached = past(parts, next);
  }
  return reached[parts.length] === true;
}

/** Adds the places behind stars that stand for nothing. */
function past(parts: readonly string[], reached: boolean[]): boolean[] {
  for (const [at, part] of parts.entries()) if (reached[at] && part.startsWith('*')) reached[at + 1] = true;
  return reached;
}
