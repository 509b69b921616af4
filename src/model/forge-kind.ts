/** The forges that kgit can open proposals at; Forgejo speaks Gitea's language. */
export const FORGE_KINDS = ['github', 'gitlab', 'gitea', 'forgejo'] as const;
export type ForgeKind = (typeof FORGE_KINDS)[number];
