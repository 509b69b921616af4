import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgit, kgitJson } from '../../support/kgit.js';
import { HAS_SOPS, type Member, makeMember, sopsEnvironment } from '../../support/sops/team-keys.js';
import { sharedState } from '../../support/state-repository.js';

const VALUE = 'hunter22-Tr0ub4dor';
const FILE = 'deployments/dep-a/secrets/azure.client_secret.sops.yaml';
let ada: Member;
let ben: Member;
const writer = sopsEnvironment();

it.runIf(!HAS_SOPS)('sops is not built (test/support/sops/install.sh): its suites do not run', () => {
  expect(HAS_SOPS).toBe(false);
});

beforeAll(() => {
  if (!HAS_SOPS) return;
  ada = makeMember();
  ben = makeMember();
});

/** A clone of a repository that shares secrets with Ada, and one secret in it. */
async function shared() {
  const remote = sharedState();
  const path = cloneOf(remote);
  await kgitJson(path, ['secrets', 'recipients', 'add', ada.recipient], { env: writer });
  await setSecret(path, 'azure.client_secret', VALUE);
  return { remote, path };
}

function setSecret(path: string, place: string, value: string) {
  return kgitJson(path, ['set', '--secret', `${place}=-`], { env: writer, input: value });
}

/** Expects a run to end with an exit code. */
async function fails(run: Promise<KgitRun>, code: number): Promise<void> {
  const { code: actual, stderr } = await run;
  expect(actual, stderr).toBe(code);
}

async function reveal(path: string, member: Member, place = 'azure.client_secret') {
  const { value } = await kgitJson(path, ['get', place, '--reveal'], { env: sopsEnvironment(member) });
  return value;
}

/** Everything that git has of a repository, and what lies beside it. */
function everything(path: string): string {
  const objects = execFileSync('git', ['cat-file', '--batch-all-objects', '--batch'], {
    cwd: path,
    encoding: 'latin1',
  });
  return objects + execFileSync('grep', ['-rah', '', '.'], { cwd: path, encoding: 'latin1' });
}

describe.runIf(HAS_SOPS)('a secret of the team', () => {
  it('is encrypted without a key, and read by those who have one', async () => {
    const { path } = await shared();
    expect(await reveal(path, ada)).toBe(VALUE);
    await fails(kgit(path, ['get', 'azure.client_secret', '--reveal'], { env: sopsEnvironment(ben) }), 19);
    expect((await kgitJson(path, ['get', 'azure'])).value).toEqual({ client_secret: { secret: true } });
    expect((await kgit(path, ['get', 'azure.client_secret'])).stdout).toBe('<secret>\n');
    // People read it with sops alone.
    const text = execFileSync('sops', ['decrypt', '--extract', '["value"]', FILE], {
      ...{ cwd: path, encoding: 'utf8', env: { ...process.env, ...sopsEnvironment(ada) } },
    });
    expect(text).toBe(VALUE);
  });

  it('is nowhere in the clear: no object, event, history, log or file of the clone has it', async () => {
    const { path, remote } = await shared();
    await kgitJson(path, ['set', '--queue', '--secret', 'azure.tenant_secret=-'], {
      env: writer,
      input: VALUE,
    });
    expect(everything(path)).not.toContain(VALUE);
    expect(everything(remote)).not.toContain(VALUE);
    const history = await kgitJson(path, ['history', 'azure']);
    expect(JSON.stringify(history)).not.toContain(VALUE);
    const { events } = await kgitJson(path, ['log', 'deployment/dep-a', '--limit', '1']);
    expect(events[0].changes).toEqual([{ path: 'azure.tenant_secret', secret: true }]);
  });

  it('is never taken from the command line, nor written in the clear', async () => {
    const { path } = await shared();
    const given = await kgit(path, ['set', '--secret', `azure.client_secret=${VALUE}`], { env: writer });
    expect(given.code).toBe(2);
    expect(given.stderr).not.toContain(VALUE);
    const clear = kgit(path, ['set', 'azure.client_secret=x', '--allow-secret', 'test']);
    await fails(clear, 12);
    // The guard of messages does not take the hint for a secret.
    expect((await clear).stderr).toContain('kgit set --secret azure.client_secret=-');
    await fails(kgit(path, ['set', 'azure.client_secret.deep=x']), 12);
    writeFileSync(join(path, '../secret.txt'), `${VALUE}2\n`);
    await kgitJson(path, ['set', '--secret', 'azure.client_secret=@../secret.txt'], { env: writer });
    expect(await reveal(path, ada)).toBe(`${VALUE}2`);
  });

  it('is not shared before the team says with whom', async () => {
    const path = cloneOf(sharedState());
    const refused = await kgit(path, ['set', '--secret', 'azure.client_secret=-'], {
      env: writer,
      input: VALUE,
    });
    expect(refused.code).toBe(19);
    expect(refused.stderr).toContain('kgit secrets recipients add');
    expect(existsSync(join(path, '.sops.yaml'))).toBe(false);
  });

  it('of two people at once: both succeed; of one path, the condition decides', async () => {
    const { remote, path } = await shared();
    const other = cloneOf(remote);
    await Promise.all([
      setSecret(path, 'azure.a_secret', 'one-Secret1'),
      setSecret(other, 'azure.b_secret', 'two-Secret2'),
    ]);
    await kgitJson(path, ['sync']);
    expect(await reveal(path, ada, 'azure.a_secret')).toBe('one-Secret1');
    expect(await reveal(path, ada, 'azure.b_secret')).toBe('two-Secret2');
    const args = ['set', '--secret', 'azure.a_secret=-', '--if-absent', 'azure.a_secret'];
    await fails(kgit(path, args, { env: writer, input: 'three-Secret3' }), 12);
  });

  it('is encrypted again where the recipients changed meanwhile', async () => {
    const { remote, path } = await shared();
    const other = cloneOf(remote);
    await kgitJson(other, ['secrets', 'recipients', 'add', ben.recipient], { env: writer });
    await setSecret(path, 'azure.client_secret', 'new-Secret9');
    expect(await reveal(path, ben)).toBe('new-Secret9');
  });

  it('that was changed by hand is refused, without telling anything of it', async () => {
    const { path } = await shared();
    const file = join(path, FILE);
    writeFileSync(file, readFileSync(file, 'utf8').replace('azure.client_secret', 'azure.clientxsecret'));
    git(path, 'mv', FILE, FILE.replace('client_secret', 'clientxsecret'));
    git(path, 'commit', '-qam', 'moved');
    git(path, 'push', '-q');
    const read = await kgit(path, ['get', 'azure.clientxsecret', '--reveal'], { env: sopsEnvironment(ada) });
    expect(read.code).toBe(14);
    expect(read.stderr).not.toMatch(/[0-9A-F]{64}/);
  });
});

describe.runIf(HAS_SOPS)('a hostile repository', () => {
  it('makes no machine ask a service: sops is not run for kinds that the user did not allow', async () => {
    const { path } = await shared();
    const file = join(path, FILE);
    const text = readFileSync(file, 'utf8').replace(
      'sops:\n',
      'sops:\n    hc_vault:\n        - vault_address: http://127.0.0.1:1\n          engine_path: a\n          key_name: b\n          created_at: "2026-01-01T00:00:00Z"\n          enc: x\n',
    );
    writeFileSync(file, text);
    git(path, 'commit', '-qam', 'hostile');
    git(path, 'push', '-q');
    const bin = temporaryFolder();
    writeFileSync(join(bin, 'sops'), `#!/bin/sh\ntouch ${bin}/ran\n`, { mode: 0o755 });
    const env = { ...sopsEnvironment(ada), PATH: `${bin}:${process.env['PATH']}` };
    const read = await kgit(path, ['get', 'azure.client_secret', '--reveal'], { env });
    expect(read.code).toBe(19);
    expect(read.stderr).toContain('hc_vault');
    expect(existsSync(join(bin, 'ran'))).toBe(false);
  });
});
