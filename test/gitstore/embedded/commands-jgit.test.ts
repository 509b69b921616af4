import { join } from 'node:path';
import { vi } from 'vitest';
import { bareRepository, fsck, temporaryFolder } from '../../support/git-fixtures.js';
import { type JgitServer, startJgitServer } from '../../support/jgit-server/jgit-server.js';
import { pathWithoutGit } from '../../support/no-git.js';
import { storeCommands } from '../../support/store-commands.js';

const remote = bareRepository();
let server: JgitServer;

storeCommands({
  backend: 'git-embedded',
  begin: async () => {
    server = await startJgitServer();
    vi.stubEnv('PATH', pathWithoutGit());
    vi.stubEnv('KGIT_USER', 'ada');
    return server.url(remote);
  },
  end: async () => {
    vi.unstubAllEnvs();
    await server.stop();
    fsck(remote);
  },
  place: [join(temporaryFolder(), 'state'), '--remote', '@repo'],
  isGit: true,
});
