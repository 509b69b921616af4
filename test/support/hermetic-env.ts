/** Keeps the developer's configuration away from tests: home, git identity, CI variables, certificates. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const home = mkdtempSync(join(tmpdir(), 'kgit-home-'));
// Many extra certificates double the start-up time of node.
for (const name of Object.keys(process.env)) {
  if (
    /^(GIT_|KGIT_|XDG_|CI$|CI_|LESS$|LV$|GITHUB_|GITLAB_|GITEA_|FORGEJO_|KUBECONFIG$|GH_TOKEN$|NODE_EXTRA_CA_CERTS$)/.test(
      name,
    )
  )
    delete process.env[name];
}
Object.assign(process.env, {
  HOME: home,
  XDG_CONFIG_HOME: join(home, '.config'),
  XDG_STATE_HOME: join(home, '.local/state'),
  // Shared by the whole run, so that code is not compiled again for every test file.
  XDG_CACHE_HOME: process.env['CACHE_OF_TESTS'],
  GIT_CONFIG_NOSYSTEM: '1',
  // The shell that `script` starts commands with: bash and dash pass on Ctrl-C differently.
  SHELL: '/bin/sh',
  // As long as a test may take, so that a busy machine causes no timeouts.
  KGIT_TIMEOUT: '300s',
  TZ: 'UTC',
  NO_COLOR: '1',
  // kubectl, yq and etcd collect garbage less often: most of them end before it matters.
  GOGC: '400',
  // A test at a terminal does not wait in a pager.
  PAGER: 'cat',
});
// git starts a process after every commit and push of a test to see whether there is something to tidy up.
writeFileSync(join(home, '.gitconfig'), '[maintenance]\n\tauto = false\n[receive]\n\tautogc = false\n');
