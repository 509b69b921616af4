import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, cloneOf, git } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { withKgitOnPath } from '../../support/kgit-on-path.js';
import { RECIPIENT } from '../../support/sops/shared-writing.js';
import { HAS_SOPS, sopsEnvironment } from '../../support/sops/team-keys.js';
import { expectFailure, sharedState } from '../../support/state-repository.js';

const FOLDER = 'deployments/dep-a/secrets';
const FILE = `${FOLDER}/azure.client_secret.sops.yaml`;
const BEN = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';
const CLEO = 'age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm';
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/;
const env = sopsEnvironment();

const set = (path: string, secret: string, user: string, ...more: string[]) =>
  kgitJson(path, ['set', '--secret', `${secret}=-`, '--user', user, ...more], {
    env,
    input: `${user}-Secret1`,
  });
const share = (path: string, ...recipients: string[]) =>
  kgitJson(path, ['secrets', 'recipients', 'add', ...recipients], { env });

/** A remote whose team shares secrets, and a clone of it. */
async function shared() {
  const remote = sharedState({ '.gitattributes': '*.yaml text eol=lf\n' });
  const path = cloneOf(remote);
  await share(path, RECIPIENT);
  return { remote, path };
}

describe.runIf(HAS_SOPS)('git merges secrets of the team', () => {
  it('by files: two secrets merge, one that both set is a conflict that names who and when, recipients are joined', async () => {
    const { path } = await shared();
    // The other side: a copy of the repository of which this one knows nothing yet.
    const aside = bareRepository();
    git(path, 'push', '--quiet', aside, 'main');
    const other = cloneOf(aside);
    await set(other, 'azure.client_secret', 'ben');
    await set(other, 'azure.b_secret', 'ben');
    await share(other, BEN);
    await set(path, 'azure.client_secret', 'ada');
    await set(path, 'azure.a_secret', 'ada');
    await share(path, CLEO);
    const ours = readFileSync(join(path, FILE), 'utf8');
    git(path, 'fetch', '--quiet', aside, 'main:theirs');
    let output = '';
    await withKgitOnPath(() => {
      try {
        git(path, 'merge', '--no-edit', 'theirs');
      } catch (error) {
        output = String((error as { stdout?: string }).stdout);
      }
    });
    expect(output).toMatch(
      new RegExp(`the secret azure.client_secret: ours ada set it at ${TIME.source}, theirs ben set it at`),
    );
    expect(readFileSync(join(path, FILE), 'utf8')).toBe(ours);
    expect(git(path, 'diff', '--name-only', '--diff-filter=U')).toBe(FILE);
    expect(git(path, 'ls-files', FOLDER)).toContain('azure.b_secret');
    const sops = readFileSync(join(path, '.sops.yaml'), 'utf8');
    for (const one of [RECIPIENT, BEN, CLEO]) expect(sops).toContain(one);
    expect(sops).not.toContain('<<<<');
  });

  it('in a proposal likewise', async () => {
    const { remote, path } = await shared();
    await set(path, 'azure.a_secret', 'ada', '--propose');
    const other = cloneOf(remote);
    await set(other, 'azure.b_secret', 'ben');
    const branch = 'kgit/propose/ada/dep-a';
    const args = ['resolve', branch, '--user', 'ada', '--json'];
    expect((await kgit(path, args)).json).toMatchObject({ delivery: 'proposed' });
    await set(other, 'azure.a_secret', 'ben');
    const { message, data } = expectFailure(await kgit(path, args), 'CONFLICT', 12);
    expect(message).toMatch(
      new RegExp(
        `the secret azure.a_secret .*: in ${branch} ada set it at ${TIME.source}, in main ben set it at ${TIME.source}`,
      ),
    );
    const side = (user: string) => ({ secret: true, user, timestamp: expect.stringMatching(TIME) });
    expect(data.conflicts).toEqual([
      {
        file: `${FOLDER}/azure.a_secret.sops.yaml`,
        path: 'azure.a_secret',
        ours: side('ada'),
        theirs: side('ben'),
      },
    ]);
  });

  it('of two people at once: the last write stands, unless a condition says otherwise', async () => {
    const { remote, path } = await shared();
    const other = cloneOf(remote);
    await Promise.all([set(path, 'azure.client_secret', 'ada'), set(other, 'azure.client_secret', 'ben')]);
    await kgitJson(path, ['sync']);
    const { changes } = await kgitJson(path, ['history', 'azure.client_secret']);
    expect(changes.map(({ user }: { user: string }) => user).sort()).toEqual(['ada', 'ben']);
    const { revision } = (await kgitJson(path, ['get', 'azure'])).repository;
    await set(other, 'azure.client_secret', 'ben');
    const late = await kgit(path, ['set', '--secret', 'azure.client_secret=-', '--if-revision', revision], {
      env,
      input: 'ada-Secret2',
    });
    expect(late.code, late.stderr).toBe(12);
  });
});
