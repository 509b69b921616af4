import leven from 'leven';

/** Most letters by which a word may miss the one that was meant. */
const MAX_DISTANCE = 2;

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

/** Those of `known` that a word misses by the fewest letters, by two at most; none where the word is too short to tell. */
export function nearWords(word: string, known: readonly string[]): string[] {
  const distances = known.map((name) => distance(name, word));
  const nearest = Math.min(...distances, MAX_DISTANCE);
  return known.filter((name, i) => distances[i] === nearest && name.length > nearest + 1);
}

/** "Did you mean …?", where a word is near to one that is known. */
export function didYouMean(word: string, known: readonly string[]): string[] {
  const near = nearWords(word, known);
  return near.length > 0 ? [`Did you mean ${near.join(', ')}?`] : [];
}
