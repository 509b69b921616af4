/** Returns the repository fields of every result: the repository that answered it. */
export function repositoryJson(
  revision: string | null,
  fetchedAt: number | null,
  pending: number,
): Record<string, unknown> {
  return { revision, fetchedAt: fetchedAt ? new Date(fetchedAt).toISOString() : null, pending };
}
