import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bareRepository,
  cloneOf,
  emptyRepository,
  git,
  temporaryFolder,
} from '../../support/git-fixtures.js';
import { inTurn, kgit, kgitJson } from '../../support/kgit.js';
import {
  commitFiles,
  commits,
  expectFailure,
  expectResult,
  sharedState,
} from '../../support/state-repository.js';

const ADA = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const BEN = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';
const CAT = 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj';
const SCHEMAS = ['event', 'kgit', 'state'].map((name) => `.kgit/schemas/${name}.schema.json`);
const LAID_OUT = ['kgit.yaml', 'README.md', '.gitattributes', ...SCHEMAS];
const files = (path: string, revision = 'main') =>
  git(path, 'ls-tree', '-r', '--name-only', revision).split('\n').sort();

describe('kgit init', () => {
  it('sets up a purely local repository and creates a deployment', async () => {
    const path = join(temporaryFolder(), 'deep/state');
    const json = await kgitJson('/', ['init', path, '--deployment', 'dep-a', '--reason', 'new']);
    expectResult(json, 'Init');
    expect(json).toMatchObject({ path, branch: 'main', remote: null, added: LAID_OUT, deployment: 'dep-a' });
    expect(json).toMatchObject({ delivery: 'published', operation: expect.any(String), attempts: 2 });
    expect(json.revision).toBe(git(path, 'rev-parse', 'main'));
    expect(git(path, 'status', '--porcelain')).toBe('');
    const [get, log, list] = await inTurn([
      () => kgit(path, ['get', 'deployment.deployment_id']),
      () => kgitJson(path, ['log']),
      () => kgitJson(path, ['list']),
    ]);
    expect(get.stdout).toBe('dep-a\n');
    expect(log.events).toMatchObject([
      { action: 'deployment_initialized', reason: 'new', subject: 'deployment/dep-a' },
    ]);
    expect(list.items).toMatchObject([{ subject: 'deployment/dep-a', events: 1 }]);
  });

  it('changes nothing the second time', async () => {
    const path = temporaryFolder();
    const first = await kgitJson(path, ['init', '--deployment', 'dep-a']);
    const again = await kgitJson(path, ['init', '--deployment', 'dep-a']);
    expect(again).toMatchObject({
      revision: first.revision,
      added: [],
      delivery: 'unchanged',
      operation: null,
    });
    const other = await kgitJson(path, ['init', '--deployment', 'dep-b']);
    expect(other).toMatchObject({ added: [], delivery: 'published' });
    expect((await kgit(path, ['list', '-o', 'name'])).stdout).toBe('deployment/dep-a\ndeployment/dep-b\n');
  });

  it('publishes to an empty remote, which others can clone', async () => {
    const remote = bareRepository();
    const path = temporaryFolder();
    const json = await kgitJson(path, ['init', '--remote', remote, '--ci', 'github']);
    expect(json).toMatchObject({ remote, revision: git(remote, 'rev-parse', 'main') });
    expect(files(remote)).toEqual([...LAID_OUT, '.github/workflows/kgit.yml'].sort());
    expect(git(path, 'rev-parse', '--abbrev-ref', 'main@{upstream}')).toBe('origin/main');
    expect((await kgitJson(cloneOf(remote), ['list'])).items).toEqual([]);
  });

  it('adds what a non-empty remote lacks, and changes nothing else', async () => {
    const remote = bareRepository();
    const work = emptyRepository();
    commitFiles(work, { 'README.md': 'ours\n', 'src/a.txt': 'code\n' });
    git(work, 'push', '--quiet', remote, 'main');
    const clone = cloneOf(remote);
    writeFileSync(join(clone, '.gitattributes'), '* -text\n');
    writeFileSync(join(clone, 'draft.txt'), 'mine\n');
    const json = await kgitJson(clone, ['init']);
    expect(json.added).toEqual(['kgit.yaml', ...SCHEMAS]);
    expect(files(remote)).toEqual([...SCHEMAS, 'README.md', 'kgit.yaml', 'src/a.txt']);
    expect(git(remote, 'show', 'main:README.md')).toBe('ours');
    expect(readFileSync(join(clone, '.gitattributes'), 'utf8')).toBe('* -text\n');
    expect(git(clone, 'status', '--porcelain').split('\n').sort()).toEqual([
      '?? .gitattributes',
      '?? draft.txt',
    ]);
    const joined = await kgitJson(temporaryFolder(), ['init', '--remote', remote]);
    expect(joined.added).toEqual(['.gitattributes']);
    expect(commits(remote, 'main')).toBe(3);
  });

  it('takes the management cluster and the forge from flags, and says what its job needs', async () => {
    const path = temporaryFolder();
    const laid = await kgit(path, ['init', '--ci', 'forgejo', '--management', 'eu-hub']);
    expect(laid.stdout).toContain('+ .forgejo/workflows/kgit.yml');
    expect(laid.stdout).toContain('set the variables KGIT_TARBALL and');
    expect(readFileSync(join(path, 'kgit.yaml'), 'utf8')).toMatch(/managements:\n {2}eu-hub: {}\n/);
  });

  it('lays out for whom secrets are encrypted, on every back end, and leaves what is there', async () => {
    const path = temporaryFolder();
    expect((await kgitJson(path, ['init', '--age', ADA, '--age', BEN])).added).toContain('.sops.yaml');
    const listed = await kgitJson(path, ['secrets', 'recipients']);
    expect(listed.recipients.map(({ recipient }: Record<string, unknown>) => recipient)).toEqual([BEN, ADA]);
    const there = await kgit(path, ['init', '--age', ADA, '--age', CAT, '--json']);
    expect(there.json.added).toEqual([]);
    expect(there.stderr).toContain(`kgit secrets recipients add ${CAT}`);
    expect(there.stderr).not.toContain(ADA);
    const store = ['--repo', `file:${temporaryFolder()}/store`];
    expect((await kgitJson('/', ['init', ...store, '--age', ADA])).added).toContain('.sops.yaml');
    expect((await kgitJson('/', ['secrets', 'recipients', ...store])).shared).toBe(true);
  });

  it('plans with --dry-run, and creates not even the folder', async () => {
    const path = join(temporaryFolder(), 'state');
    const json = await kgitJson('/', [
      'init',
      path,
      '--dry-run',
      '--deployment',
      'dep-a',
      '--remote',
      '/x/y.git',
    ]);
    expect(json).toMatchObject({ path, branch: 'main', revision: null, remote: '/x/y.git', added: LAID_OUT });
    expect(json).toMatchObject({ delivery: 'dry-run', operation: null, attempts: 0 });
    expect(existsSync(path)).toBe(false);
    const there = cloneOf(sharedState());
    expect((await kgitJson(there, ['init', '--dry-run'])).added).toEqual([
      'README.md',
      '.gitattributes',
      ...SCHEMAS,
    ]);
    expect(commits(there)).toBe(1);
  });

  it('refuses bad input (2), and a remote that is not there (16)', async () => {
    const path = temporaryFolder();
    const inside = join(cloneOf(sharedState()), 'sub');
    const lines = [
      ['--remote', 'ext::sh -c x'],
      ['--remote', `${path}#branch`],
      ['--ci', 'jenkins'],
      ['--deployment', 'Not_Valid'],
      ['--queue'],
      ['--management', 'EU Hub'],
      ['--propose'],
      ['--age', 'AGE-SECRET-KEY-1'],
    ];
    const runs = await inTurn(lines.map((line) => () => kgit(path, ['init', ...line, '--json'])));
    for (const run of [...runs, await kgit('/', ['init', inside, '--json'])]) expectFailure(run, 'USAGE', 2);
    expect(existsSync(join(path, '.git'))).toBe(false);
    const gone = await kgit(path, ['init', '--remote', `${path}/no/none.git`, '--json']);
    expectFailure(gone, 'REMOTE', 16);
    const mended = bareRepository();
    git(path, 'remote', 'set-url', 'origin', mended);
    expect((await kgitJson(path, ['init'])).revision).toBe(git(mended, 'rev-parse', 'main'));
  });
});
