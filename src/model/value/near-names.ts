import leven from 'leven';

/** Most names that are shown. */
const MAX_SHOWN = 3;

/** How many letters two words are apart; two that are swapped count as one. */
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
 * "Did you mean …?" with the known names that a word misses by the fewest letters, three at most; nothing where none is
 * near. Load it where something has failed: nothing else needs its package.
 */
export function didYouMean(word: string, known: readonly string[]): string[] {
  let least = Math.max(2, word.length / 4);
  let near: string[] = [];
  for (const name of known) {
    const letters = distance(name, word);
    // A short name is near to everything.
    if (letters > least || name.length <= letters + 1) continue;
    if (letters < least) near = [];
    least = letters;
    near.push(name);
  }
  return near.length > 0 ? [`Did you mean ${near.slice(0, MAX_SHOWN).join(', ')}?`] : [];
}
