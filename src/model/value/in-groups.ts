/**
 * Works on many items, group by group, so that what the work holds stays bounded. Throws what `work` throws.
 * @param sizeOf what an item adds to its group
 * @param most size at which a group is full
 * @returns the results, in the order of the items
 */
export async function inGroups<T, R>(
  items: readonly T[],
  { sizeOf, most }: { readonly sizeOf: (item: T) => number; readonly most: number },
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let [group, size]: [T[], number] = [[], 0];
  const end = async () => {
    results.push(...(await Promise.all(group.map(work))));
    [group, size] = [[], 0];
  };
  for (const item of items) {
    group.push(item);
    size += sizeOf(item);
    if (size >= most) await end();
  }
  await end();
  return results;
}
