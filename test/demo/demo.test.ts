import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../../src/demo/api-server/certificate.js';
import { requireKubectl } from '../k0rdent/support.js';
import { emptyRepository, fsck, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { pathWithKgit } from '../support/kgit-on-path.js';
import { runningDemo } from '../support/running-demo.js';
import { checkResult } from '../support/schemas.js';
import { runLine } from '../support/shell-line.js';
import { onTerminal } from '../support/terminal.js';

/** The status of the answer to a request without a token. */
function statusWithoutToken(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(
      `${url}/apis/k0rdent.mirantis.com/v1beta1/clusterdeployments`,
      { rejectUnauthorized: false },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    )
      .on('error', reject)
      .end();
  });
}

describe('kgit demo', () => {
  it('gives a new user something to look at: a history, and a cluster that answers', async () => {
    requireKubectl();
    const home = temporaryFolder('kgit-home-');
    const env = { HOME: home };
    const demo = await runningDemo(home, ['--json'], { env });
    const json = JSON.parse(demo.stdout);
    checkResult(json);
    expect(json.path).toBe(join(home, 'kgit-demo'));
    // Nothing beside it: the user's own kubeconfig is left alone.
    expect(readdirSync(home)).toEqual(['kgit-demo']);
    expect(statSync(json.kubeconfig).mode & 0o777).toBe(0o600);
    expect(await statusWithoutToken(json.server)).toBe(403);

    const live = { env: { ...env, KUBECONFIG: json.kubeconfig } };
    const status = await kgit(json.state, ['status', '--json'], live);
    expect(status.stderr).toBe('');
    const { clusters, divergence } = status.json;
    expect(clusters.map(({ state }: { state: string }) => state).sort()).toEqual([
      ...[
        'Deleting',
        'Failed',
        'Provisioning',
        'Provisioning',
        'Ready',
        'Ready',
        'ServicesPending',
        'Updating',
      ],
    ]);
    expect(divergence.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      ...['template-changed', 'untracked', 'vanished'],
    ]);
    // Of now: the newest object is less than a few minutes old, however long ago the samples were written.
    const created = clusters.map(({ createdAt }: { createdAt: string }) => Date.parse(createdAt));
    expect(Date.now() - Math.max(...created)).toBeLessThan(15 * 60_000);
    expect(Math.max(...created)).toBeLessThan(Date.now());

    const { events } = await kgitJson(json.state, ['log', '--limit', '100'], live);
    expect(events).toHaveLength(json.events);
    expect(new Set(events.map(({ user }: { user: string }) => user)).size).toBeGreaterThan(2);
    for (const check of ['verify', 'validate']) expect((await kgit(json.state, [check], live)).code).toBe(0);
    fsck(json.remote);
    expect(git(json.state, 'status', '--porcelain')).toBe('');
    expect(git(json.state, 'rev-parse', 'HEAD')).toBe(git(json.remote, 'rev-parse', 'main'));

    expect(await demo.end()).toEqual({ code: 130, stderr: '' });
    expect((await kgit(json.state, ['status'], live)).code).toBe(17);
    expect((await kgit(json.state, ['status', '--offline'], live)).code).toBe(0);
  });

  it('prints commands that work as they are, in a folder whose name a shell would take apart', async () => {
    requireKubectl();
    const cwd = temporaryFolder();
    const demo = await runningDemo(cwd, ["my team's demo"]);
    const commands = [...demo.stdout.matchAll(/^ {2}((?:cd|export|kgit) .*)$/gm)].flatMap(
      ([, line = '']) => line,
    );
    expect(commands.length).toBeGreaterThan(6);
    const env = { ...process.env, PATH: pathWithKgit() };
    const { shown, code } = await runLine(['set -e', ...commands].join('\n'), temporaryFolder(), env);
    expect(code, shown).toBe(0);
    expect(shown).toContain('aws-prod-use1');
    expect(shown).toContain('"1.7.0"  was "1.6.1"');
    expect((await demo.end('SIGTERM')).code).toBe(130);
  });

  it('says what works where there is no kubectl', async () => {
    const folder = temporaryFolder();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    for (const name of ['git', 'sh', 'env']) symlinkSync(`/usr/bin/${name}`, join(bin, name));
    const demo = await runningDemo(folder, ['demo'], { env: { PATH: bin } });
    expect(demo.stdout).toContain('kubectl is not on the PATH');
    expect(demo.stdout).toContain('kgit status --offline');
    expect(demo.stdout).not.toMatch(/kgit status +#/);
    await demo.end();
  });

  it('takes a new folder alone, and writes nothing elsewhere', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'full'));
    writeFileSync(join(cwd, 'full/notes.txt'), 'mine\n');
    const full = await kgit(cwd, ['demo', 'full']);
    expect(full.code).toBe(2);
    expect(full.stderr).toContain('is not empty');
    expect(readdirSync(join(cwd, 'full'))).toEqual(['notes.txt']);

    const repository = emptyRepository();
    const inside = await kgit(repository, ['demo', 'a/b']);
    expect(inside.code).toBe(2);
    expect(inside.stderr).toContain(`is inside the git repository ${repository}`);
    expect(existsSync(join(repository, 'a'))).toBe(false);

    const inTheWay = await kgit(cwd, ['demo', 'full/notes.txt']);
    expect(inTheWay.code).toBe(18);
    expect(inTheWay.stderr).toContain('a file is in the way');
  });

  it('fits a terminal of 80 columns, and ends quietly with Ctrl-C', async () => {
    const cwd = temporaryFolder('kgit-');
    const { code, screen } = await onTerminal(cwd, ['demo', 'd'], {
      typesAfter: 'Ctrl-C ends',
      input: '\u0003',
    });
    expect(code).toBe(130);
    expect(screen).not.toMatch(/error|at .*\.ts/i);
    const shown = screen.replaceAll(cwd, '/home/ada');
    const wide = shown.split('\n').filter((line) => (line.split('\u001b[K').at(-1) ?? '').length > 80);
    expect(wide).toEqual([]);
  });

  it("never has the user's key sign what others wrote", async () => {
    const home = temporaryFolder('kgit-home-');
    writeFileSync(join(home, '.gitconfig'), '[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /nowhere/gpg\n');
    const demo = await runningDemo(home, [], { env: { HOME: home } });
    expect((await demo.end()).code).toBe(130);
  });
});

it('the certificate of the stand-in is a valid one of this machine, every time', () => {
  // Serial numbers and signatures vary in length.
  for (let i = 0; i < 50; i++) {
    const { cert } = selfSignedCertificate();
    const certificate = new X509Certificate(cert);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.ca).toBe(true);
  }
});
