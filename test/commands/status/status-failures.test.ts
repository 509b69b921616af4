import { symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import type { Fault } from '../../support/api-server/faults.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { git, temporaryFolder } from '../../support/git-fixtures.js';
import { kgit } from '../../support/kgit.js';
import { initialisedState } from '../../support/state-repository.js';

let server: ApiServer;
let repository: string;
const told: string[] = [];

beforeAll(async () => {
  requireKubectl();
  const managements = [sample('mgmt-01-healthy.yaml')];
  server = await startApiServer({ managements, clusters: samples() });
  repository = await initialisedState();
});
beforeEach(() => server.reset());
afterAll(() => server.stop());

/** The words that are kgit's own: kubectl's differ between releases. */
function steady(text: string, folder = '/nowhere'): string {
  return (
    text
      .replaceAll(folder, 'FOLDER')
      .replace(/^(error CLUSTER: (?:context "\w+": )?(?!context )[^:\n]+: ).+$/m, '$1(what kubectl says)')
      // Either of the two may notice first.
      .replace('no answer in time: (what kubectl says)', 'no answer in time')
  );
}

/** `kgit status` fails with 17, shows nothing as if it were live, and tells why and what to do. */
async function fails(how: string, args: readonly string[], env: Record<string, string>, folder?: string) {
  const run = await kgit(repository, ['status', ...args], { env: { KUBECONFIG: server.kubeconfig, ...env } });
  expect({ how, code: run.code, stdout: run.stdout }).toEqual({ how, code: 17, stdout: '' });
  expect(run.stderr, how).toMatch(/^error CLUSTER: .+\n {2}→ .+/);
  told.push(`# ${how}\n${steady(run.stderr, folder)}`);
}

const onList = ({ path }: { path: string }) => path.endsWith('/clusterdeployments');
const onSecondPage: Fault['when'] = ({ query }) => query.has('continue');

it.each<[string, Fault, string[]?]>([
  ['401: expired credentials', { kind: 'unauthorized' }],
  ['403 on the list', { kind: 'forbidden', when: onList }],
  ['404 on the group', { kind: 'no-group' }],
  ['404 on the list alone', { kind: 'no-group', when: onList }],
  ['410: a continue token that keeps expiring', { kind: 'expired', when: onList }],
  ['429', { kind: 'throttled' }],
  ['500', { kind: 'internal-error' }],
  ['503', { kind: 'unavailable' }],
  ['a hang', { kind: 'hang', when: onList }, ['--timeout', '2']],
  ['an answer cut in mid-page', { kind: 'cut', when: onList }],
  ['half an answer', { kind: 'garbage', when: onList }],
  ['a login page', { kind: 'login-page' }],
])('%s', async (how, fault, args = []) => {
  server.inject(fault);
  await fails(how, args, {});
});

it('a second page that is cut is no shorter list', async () => {
  const clusters = server.cluster.clusters;
  const [first] = clusters;
  server.cluster.clusters = Array.from({ length: 501 }, (_, i) => {
    return { ...first, metadata: { ...first?.metadata, name: `c${i}` } } as (typeof clusters)[number];
  });
  server.inject({ kind: 'cut', when: onSecondPage });
  await fails('the second page cut', [], {});
  server.cluster.clusters = clusters;
});

it('certificates, contexts, kubeconfigs, programs', async () => {
  const untrusted = server.writeKubeconfig([{ name: 'untrusted', token: 'admin', trusted: false }]);
  await fails('a certificate that is not trusted', [], { KUBECONFIG: untrusted });
  const plain = server.writeKubeconfig([
    { name: 'anonymous', server: server.url },
    { name: 'stale', token: 'yesterday' },
  ]);
  await fails('no credentials', [], { KUBECONFIG: plain });
  await fails('credentials that the server does not know', ['--context', 'stale'], { KUBECONFIG: plain });
  await fails('no such context', ['--context', 'nope'], {});
  const folder = temporaryFolder();
  writeFileSync(`${folder}/empty`, '');
  await fails('no context', [], { KUBECONFIG: `${folder}/empty` });
  await fails('no kubeconfig of this name', ['--kubeconfig', `${folder}/none`], {}, folder);
  writeFileSync(`${folder}/broken`, 'contexts: {');
  await fails('a broken kubeconfig', [], { KUBECONFIG: `${folder}/broken` }, folder);
  const dead = await startApiServer();
  await dead.stop();
  const gone = server.writeKubeconfig([{ name: 'gone', token: 'admin', server: dead.url }]);
  await fails('nobody listens', [], { KUBECONFIG: gone });
  // No release that old can be had from here: this is what one says.
  writeFileSync(`${folder}/kubectl`, '#!/bin/sh\necho "Error: unknown flag: --raw" >&2\nexit 1\n', {
    mode: 0o755,
  });
  await fails('a kubectl that is too old', [], { PATH: `${folder}:${process.env['PATH']}` });
  const bin = temporaryFolder();
  symlinkSync(process.execPath, `${bin}/node`);
  const libexec = /\/lib(exec)?\/git-core$/;
  symlinkSync(git('.', '--exec-path').replace(libexec, '/bin/git'), `${bin}/git`);
  await fails('no kubectl', [], { PATH: bin });
});

it('says of each the cause and what to do', async () => {
  await expect(told.join('\n')).toMatchFileSnapshot('panes/failures.txt');
});
