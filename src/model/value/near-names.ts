import leven from 'leven';

/** Maximum number of names shown. */
const MAX_SHOWN = 3;

/** Edit distance of two words; two swapped letters count as one edit. */
function distance(one: string, other: string): number {
  const at = [...one].findIndex((letter, i) => letter !== other[i]);
  const isSwapped =
    at >= 0 &&
    one[at] === other[at + 1] &&
    one[at + 1] === other[at] &&
    one.slice(at + 2) === other.slice(at + 2);
  return isSwapped ? 1 : leven(one, other);
}

/**
 * "Did you mean …?" with up to three known names closest to a word; empty if none is close. Import it lazily, after a
 * failure: nothing else needs its package.
 */
export function didYouMean(word: string, known: readonly string[]): string[] {
  let least = Math.max(2, word.length / 4);
  let near: string[] = [];
  for (const name of known) {
    const letters = distance(name, word);
    // Every short name is close.
    if (letters > least || name.length <= letters + 1) continue;
    if (letters < least) near = [];
    least = letters;
    near.push(name);
  }
  return near.length > 0 ? [`Did you mean ${near.slice(0, MAX_SHOWN).join(', ')}?`] : [];
}
