import type { Forge, ForgeRepository } from './forge.js';
import type { ForgeAccess } from './forge-http.js';
import type { ForgeKind } from './forge-kind.js';
import { Gitea } from './gitea.js';
import { GitHub } from './github.js';
import { GitLab } from './gitlab.js';

/** Opens the API of a forge for one of its repositories. */
export function openForge(kind: ForgeKind, repository: ForgeRepository, access: ForgeAccess): Forge {
  switch (kind) {
    case 'github':
      return new GitHub(repository, access);
    case 'gitlab':
      return new GitLab(repository, access);
    case 'gitea':
      return new Gitea(repository, access, 'Gitea');
    case 'forgejo':
      return new Gitea(repository, access, 'Forgejo');
  }
}
