/** Returns the fields of every result that describe the repository that answered. */
export function repositoryJson(
  revision: string | null,
  fetchedAt: number | null,
  pending: number,
): Record<string, unknown> {
  return { revision, fetchedAt: fetchedAt ? new Date(fetchedAt).toISOString() : null, pending };
}
