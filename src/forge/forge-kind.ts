/** The forges that kgit can open proposals at; Forgejo speaks Gitea's language. */
export const FORGE_KINDS = ['github', 'gitlab', 'gitea', 'forgejo'] as const;
export type ForgeKind = (typeof FORGE_KINDS)[number];

/** The address of an API as it is used; undefined for what is none, or would send a token in the clear. */
export function apiAddress(text: unknown): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash, host, pathname } = new URL(text);
  const isPlain = protocol === 'https:' && !username && !password && !search && !hash;
  return isPlain ? `https://${host}${pathname.replace(/\/+$/, '')}` : undefined;
}
