import { join } from 'node:path';
import { vi } from 'vitest';
import { fsck, temporaryFolder } from '../../support/git-fixtures.js';
import { pathWithoutGit } from '../../support/no-git.js';
import { storeCommands } from '../../support/store-commands.js';

const place = join(temporaryFolder(), 'state');

storeCommands({
  backend: 'git-embedded',
  begin: async () => {
    vi.stubEnv('PATH', pathWithoutGit());
    vi.stubEnv('KGIT_USER', 'ada');
    return place;
  },
  end: async () => {
    vi.unstubAllEnvs();
    fsck(place);
  },
  place: [place],
  isGit: true,
});
