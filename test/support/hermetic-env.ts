/** The developer's own configuration never reaches a test: no home, no git identity, no CI variables. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const home = mkdtempSync(join(tmpdir(), 'kgit-home-'));
for (const name of Object.keys(process.env)) {
  if (/^(GIT_|KGIT_|XDG_|CI$|CI_|GITHUB_|GITLAB_|GITEA_|FORGEJO_|KUBECONFIG$|GH_TOKEN$)/.test(name))
    delete process.env[name];
}
Object.assign(process.env, {
  HOME: home,
  XDG_CONFIG_HOME: join(home, '.config'),
  XDG_STATE_HOME: join(home, '.local/state'),
  XDG_CACHE_HOME: join(home, '.cache'),
  GIT_CONFIG_NOSYSTEM: '1',
  TZ: 'UTC',
  NO_COLOR: '1',
});
