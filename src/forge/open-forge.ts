import type { ForgeKind } from '../model/forge-kind.js';
import type { Forge } from './forge.js';
import type { ForgeAddress } from './forge-address.js';
import type { ForgeAccess } from './forge-http.js';
import { Gitea } from './gitea.js';
import { GitHub } from './github.js';
import { GitLab } from './gitlab.js';

/** The API of a forge for one repository of it. */
export function openForge(kind: ForgeKind, address: ForgeAddress, access: ForgeAccess): Forge {
  switch (kind) {
    case 'github':
      return new GitHub(address, access);
    case 'gitlab':
      return new GitLab(address, access);
    case 'gitea':
      return new Gitea(address, access, 'Gitea');
    case 'forgejo':
      return new Gitea(address, access, 'Forgejo');
  }
}
