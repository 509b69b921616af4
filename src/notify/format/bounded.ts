/**
 * Escapes a text, and ends it with `…` where the escaped text would be longer than `most` characters. No escape and no
 * pair of surrogates is cut in two.
 */
export function bounded(text: string, most: number, escaped: (character: string) => string = String): string {
  let shown = '';
  let kept = '';
  for (const character of text) {
    shown += escaped(character);
    if (shown.length > most) return `${kept}…`;
    if (shown.length <= most - 1) kept = shown;
  }
  return shown;
}
