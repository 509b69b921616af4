/** Longest text that is compared with a pattern: subjects and users are shorter. */
const MAX_TEXT = 1024;

const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['*', '[^/]*'],
  ['?', '[^/]'],
]);

/**
 * Whether a whole text fits a pattern: `*` stands for any characters but `/`, `**` for any characters, `?` for one
 * character but `/`. Case counts.
 */
export function fits(pattern: string, text: string): boolean {
  const parts = pattern.split(/(\*\*+|\*|\?)/).map((part) => {
    if (part.startsWith('**')) return '.*';
    return WILDCARDS.get(part) ?? part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`, 'su').test(text.slice(0, MAX_TEXT));
}
