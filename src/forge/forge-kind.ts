/** The forges at which kgit can open proposals; Forgejo has the API of Gitea. */
export const FORGE_KINDS = ['github', 'gitlab', 'gitea', 'forgejo'] as const;
export type ForgeKind = (typeof FORGE_KINDS)[number];

/** Normalizes the address of an API; undefined if it is invalid, or would send a token in the clear. */
export function apiAddress(text: unknown): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash, host, pathname } = new URL(text);
  const isPlain = protocol === 'https:' && !username && !password && !search && !hash;
  return isPlain ? `https://${host}${pathname.replace(/\/+$/, '')}` : undefined;
}
