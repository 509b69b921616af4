import { join } from 'node:path';
import { vi } from 'vitest';
import { bareRepository, fsck, temporaryFolder } from '../../support/git-fixtures.js';
import { pathWithoutGit } from '../../support/no-git.js';
import { storeCommands } from '../../support/store-commands.js';
import { type GitHttpsServer, startGitHttpsServer } from '../../support/transport/git-https-server.js';

const remote = bareRepository();
let server: GitHttpsServer;

storeCommands({
  backend: 'git-embedded',
  begin: async () => {
    server = await startGitHttpsServer(remote);
    vi.stubEnv('PATH', pathWithoutGit());
    vi.stubEnv('KGIT_USER', 'ada');
    vi.stubEnv('KGIT_TOKEN', 'right-token');
    vi.stubEnv('GIT_SSL_CAINFO', server.authority);
    return server.url;
  },
  end: async () => {
    vi.unstubAllEnvs();
    await server.stop();
    fsck(remote);
  },
  place: [join(temporaryFolder(), 'state'), '--remote', '@repo'],
  isGit: true,
});
