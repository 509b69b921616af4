/** What every result says of the repository that it was answered from. */
export function repositoryJson(
  revision: string | null,
  fetchedAt: number | null,
  pending: number,
): Record<string, unknown> {
  return { revision, fetchedAt: fetchedAt ? new Date(fetchedAt).toISOString() : null, pending };
}
