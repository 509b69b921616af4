import type { ForgeKind } from '../model/forge-kind.js';
import type { Forge } from './forge.js';
import type { ForgeAddress } from './forge-address.js';
import type { ForgeAccess } from './forge-http.js';
import { Gitea } from './gitea.js';
import { GitHub } from './github.js';
import { GitLab } from './gitlab.js';

const CLASSES = { github: GitHub, gitlab: GitLab, gitea: Gitea, forgejo: Gitea } as const;

/** The API of a forge for one repository of it. */
export function openForge(kind: ForgeKind, address: ForgeAddress, access: ForgeAccess): Forge {
  return new CLASSES[kind](address, access);
}
