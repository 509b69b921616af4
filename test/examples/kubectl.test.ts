import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { requireKubectl } from '../k0rdent/support.js';
import { packedTarball, root, version } from '../package/packed.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { stateRepository } from '../support/state-repository.js';

let cwd = '';
let PATH = '';
/** Installs the package as krew does, and links its completion by the command of docs/integrations.md. */
beforeAll(() => {
  requireKubectl();
  cwd = stateRepository();
  const home = temporaryFolder();
  const [store, bin] = [join(home, '.krew/store/kgit', `v${version}`), join(home, '.krew/bin')];
  for (const folder of [store, bin]) mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', packedTarball(), '--strip-components=1', '-C', store]);
  symlinkSync(join(store, 'bin/run.js'), join(bin, 'kubectl-kgit'));
  const page = readFileSync(join(root, 'docs/integrations.md'), 'utf8');
  const [link = 'exit 1'] = /^ln -s ~\/\.krew\/store\/.*$/m.exec(page) ?? [];
  execFileSync('sh', ['-c', link], { env: { ...process.env, HOME: home } });
  PATH = `${bin}:${process.env['PATH']}`;
});

function kubectl(args: readonly string[], input = '') {
  const env = { ...process.env, PATH };
  const { status, stdout, stderr } = spawnSync('kubectl', args, { cwd, env, input, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

it('kubectl lists kgit among its plugins', () => {
  const [folder = ''] = PATH.split(':');
  expect(kubectl(['plugin', 'list']).stdout.split('\n')).toContain(join(folder, 'kubectl-kgit'));
});

it('kubectl kgit passes on arguments, standard input, and the exit code', () => {
  const event = JSON.stringify({ subject: 'cluster/team/prod-eu-1', action: 'cluster_created' });
  expect(kubectl(['kgit', 'push-event', '--stdin'], `${event}\n`)).toMatchObject({ code: 0 });
  const { code, stdout } = kubectl(['kgit', 'log', 'cluster/team/prod-eu-1', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).events).toMatchObject([{ action: 'cluster_created' }]);
  expect(kubectl(['kgit', 'log', 'cluster/team/nobody'])).toMatchObject({
    code: 15,
    stderr: expect.stringContaining('nothing is recorded'),
  });
});

const client = JSON.parse(
  execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' }),
);
const minor = Number.parseInt(client.clientVersion.minor, 10);

it.runIf(minor < 26)(`kubectl 1.${minor} completes no plugins: their suites do not run`, () => undefined);

it.runIf(minor >= 26)("kubectl's completion offers subjects", () => {
  const { stdout } = kubectl(['__complete', 'kgit', 'log', 'cluster/']);
  expect(stdout).toMatch(/^cluster\/default\/team\/prod-eu-1\t/);
});
