/** The known names that a mistyped one may have been meant to be, the nearest first, three at most. */
export async function nearNames(name: string, known: readonly string[]): Promise<string[]> {
  const { default: leven } = await import('leven');
  const limit = Math.max(2, name.length / 4);
  return known
    .map((other) => ({ other, distance: leven(other, name) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ other }) => other);
}
