import leven from 'leven';

/** Most letters by which a word may miss the one that was meant. */
const MAX_DISTANCE = 2;

/** Those of `known` that a word misses by the fewest letters, by two at most; none where the word is too short to tell. */
export function nearWords(word: string, known: readonly string[]): string[] {
  const distances = known.map((name) => leven(name, word));
  const nearest = Math.min(...distances, MAX_DISTANCE);
  return known.filter((name, i) => distances[i] === nearest && name.length > nearest + 1);
}

/** "Did you mean …?", where a word is near to one that is known. */
export function didYouMean(word: string, known: readonly string[]): string[] {
  const near = nearWords(word, known);
  return near.length > 0 ? [`Did you mean ${near.join(', ')}?`] : [];
}
