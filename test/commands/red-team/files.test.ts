/** Every file that kgit reads, as a stranger would write it: what is run, where state goes, and who hears the token. */
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FILES, type FileId } from '../../../scripts/docs/who-writes.js';
import { cloneOf, emptyRepository, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgitJson } from '../../support/kgit.js';
import { canary, heard, openTestField, put } from '../../support/red-team/field.js';
import { bash } from '../../support/script-api/bash.js';
import {
  commitFiles,
  expectFailure,
  MARKER,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const field = await openTestField();
const { run, push } = field;
const userOf = async (path: string) => (await kgitJson(path, ['log', '--no-fetch'])).events.at(-1).user;

/** What a write must have done: gone to the user's own server, under the user's own name, and nowhere else. */
async function expectOwn(path: string, written: KgitRun): Promise<void> {
  expect(written.json).toMatchObject({ delivery: 'published' });
  expect(field.evil.requests).toEqual([]);
  expect(heard(field.own)).not.toEqual([]);
  expect(await userOf(path)).not.toBe('the boss');
}

const hostileSettings = () => `repo: ${field.evil.url}\nuser: the boss\n`;

/** How each file is shown to decide no more than its row says: a test, or the file of tests that does it. */
const PROOFS: Readonly<Record<FileId, string | (() => Promise<void>)>> = {
  project: async () => {
    const top = temporaryFolder();
    const path = join(top, 'state');
    git(top, 'clone', '--quiet', cloneOf(sharedState()), path);
    put(join(top, '.kgitrc.yaml'), `repo: ${field.own.url}\nuser: me\n`);
    expect((await push(path)).json).toMatchObject({ delivery: 'published' });
    expect(heard(field.own)).not.toEqual([]);
  },
  'project-committed': async () => {
    const path = field.clone({ '.kgitrc.yaml': hostileSettings() });
    const written = await push(path);
    await expectOwn(path, written);
    expect(written.stderr.match(/repo, user in it are not applied/g)).toHaveLength(1);
  },
  user: async () => {
    const here = temporaryFolder();
    const config = temporaryFolder();
    put(join(config, 'kgit/config.yaml'), `repo: ${field.own.url}\n`);
    expect((await push(here, { XDG_CONFIG_HOME: config })).json).toMatchObject({ delivery: 'published' });
  },
  'user-committed': async () => {
    const path = field.clone({ '.config/kgit/config.yaml': hostileSettings() });
    await expectOwn(path, await push(path, { CI: 'true', HOME: path, XDG_CONFIG_HOME: '' }));
    await expectOwn(path, await push(path, { XDG_CONFIG_HOME: join(path, '.config') }));
  },
  named: async () => {
    const block = `state_management: {repo: '${field.evil.url}'}\n`;
    const path = field.clone({ 'team.yaml': block });
    expectFailure(await push(path, {}, '--config', 'team.yaml'), 'USAGE', 2);
    const scripts = emptyRepository();
    commitFiles(scripts, { 'team.yaml': block });
    expectFailure(await push(scripts, { CI: 'true', KGIT_CONFIG: 'team.yaml' }), 'USAGE', 2);
    expect(field.evil.requests).toEqual([]);
  },
  marker: async () => {
    // What is checked out, as of a proposal, is not what counts.
    const path = field.clone();
    git(path, 'switch', '--quiet', '-c', 'proposal');
    commitFiles(path, { 'kgit.yaml': MARKER.replace('settings: {}', 'settings: {deployment: evil}') });
    expect((await run(path, ['get', 'deployment.deployment_id'])).stdout).toBe('dep-a\n');
    const published = stateRepository({
      'kgit.yaml': MARKER.replace('settings: {}', `settings: {repo: '${field.evil.url}'}`),
    });
    expectFailure(await push(published), 'INVALID_STATE', 14);
    expect(field.evil.requests).toEqual([]);
  },
  signers: 'test/commands/red-team/validate.test.ts',
  records: 'test/commands/output/control-characters.test.ts',
  attributes: async () => {
    const path = field.clone({
      '.gitattributes': '* filter=evil diff=evil merge=evil\n',
      '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ${field.evil.url}\n\tupdate = !touch ${temporaryFolder()}/sang\n`,
    });
    for (const [key, value] of [
      ['submodule.recurse', 'true'],
      ['fetch.recurseSubmodules', 'yes'],
      ['push.recurseSubmodules', 'on-demand'],
    ] as const)
      git(path, 'config', key, value);
    expect((await push(path)).json).toMatchObject({ delivery: 'published' });
    expect((await run(path, ['sync'])).code).toBe(0);
    expect(field.evil.requests).toEqual([]);
  },
  'bare-in-checkout': async () => {
    const path = field.clone();
    const bare = join(path, 'docs/state.git');
    git(path, 'clone', '--quiet', '--bare', path, bare);
    const { program, hasRun } = canary();
    git(bare, 'config', 'remote.origin.url', field.evil.url);
    git(bare, 'config', 'core.fsmonitor', program);
    git(bare, 'config', 'credential.helper', program);
    for (const folder of [bare, join(bare, 'refs')]) {
      expect(expectFailure(await push(folder), 'NO_REPO', 10).suggestions.join()).toContain(`--repo ${bare}`);
      git(bare, 'config', 'core.worktree', path);
      git(bare, 'config', 'core.bare', 'false');
    }
    expect(hasRun()).toBe(false);
    expect(field.evil.requests).toEqual([]);
    // A repository of the user's own, in a folder of its own, and the one of a checkout, are used as they are.
    expect((await run(join(path, '.git'), ['list'])).code).toBe(0);
  },
  'git-config': async () => {
    const path = field.clone();
    // The remote looks right, and so does the address that kgit shows.
    git(path, 'config', `url.${field.evil.url}.insteadOf`, field.own.url);
    expectFailure(await push(path, { CI: 'true' }), 'REMOTE', 16);
    expect(field.evil.requests.length).toBeGreaterThan(0);
    const propose = ['set', '--create-key', 'a=1', '--propose', '--json'];
    await run(path, propose, { KGIT_PROPOSE_FORGE: 'gitea' });
    expect(heard(field.evil)).toEqual([]);
    // The user's own rule is the user's own word.
    const home = temporaryFolder();
    put(join(home, '.gitconfig'), `[url "${field.own.url}"]\n\tinsteadOf = short:state\n`);
    const other = field.clone();
    git(other, 'remote', 'set-url', 'origin', 'short:state');
    expect((await push(other, { HOME: home })).json).toMatchObject({ delivery: 'published' });
  },
  hooks: async () => {
    const path = field.clone();
    const { program, hasRun } = canary();
    for (const hook of [
      'pre-commit',
      'post-checkout',
      'pre-push',
      'reference-transaction',
      'post-merge',
      'post-index-change',
    ])
      chmodSync(put(join(path, '.git/hooks', hook), `#!/bin/sh\n${program}\n`), 0o755);
    expect((await push(path)).json).toMatchObject({ delivery: 'published' });
    expect((await run(path, ['sync'])).code).toBe(0);
    expect(hasRun()).toBe(false);
  },
  'clone-state': async () => {
    const path = field.clone();
    await push(path, {}, '--queue');
    git(path, 'remote', 'set-url', 'origin', field.evil.url);
    await run(path, ['sync', '--json']);
    expect(
      field.evil.requests.filter(({ method, url }) => method === 'POST' && url.includes('receive-pack')),
    ).toEqual([]);
    expect((await kgitJson(path, ['outbox'])).operations).toHaveLength(1);
  },
  clones: async () => {
    const path = field.clone();
    const there = { XDG_CACHE_HOME: join(path, '.cache') };
    const args = ['list', '--json', '--repo', field.own.url];
    expectFailure(await run(path, args, there), 'ENVIRONMENT', 18);
    expectFailure(await run(path, args, { HOME: path, XDG_CACHE_HOME: '', CI: 'true' }), 'ENVIRONMENT', 18);
    expectFailure(await run(path, args, { XDG_STATE_HOME: join(path, '.state') }), 'ENVIRONMENT', 18);
    expect(field.own.requests).toEqual([]);
  },
  code: async () => {
    const path = field.clone();
    const kept = () => existsSync(join(path, '.cache/kgit/code'));
    await run(path, ['list'], { XDG_CACHE_HOME: join(path, '.cache') });
    await run(path, ['list'], { HOME: path, XDG_CACHE_HOME: '', CI: 'true' });
    expect(kept()).toBe(false);
    await run(path, ['list'], { HOME: path, XDG_CACHE_HOME: '' });
    expect(kept()).toBe(true);
  },
  program: async () => {
    const { program, hasRun } = canary();
    const path = field.clone({
      'package.json': JSON.stringify({
        name: 'kgit',
        bin: program,
        oclif: { plugins: ['./evil'], hooks: { init: './evil.cjs' } },
      }),
      'evil.cjs': `require('child_process').execFileSync('${program}')\n`,
      'oclif.manifest.json': '{"commands": {}}\n',
      'node_modules/kgit/index.js': `require('child_process').execFileSync('${program}')\n`,
      'templates/state-repo/kgit.yaml': 'apiVersion: evil\n',
      '.npmrc': `node-options=--require=${program}\n`,
    });
    const fresh = join(temporaryFolder(), 'new');
    expect((await run(path, ['list'])).code).toBe(0);
    expect((await run(path, ['--help'])).code).toBe(0);
    expect((await run(path, ['init', fresh])).code).toBe(0);
    expect(readFileSync(join(fresh, 'kgit.yaml'), 'utf8')).not.toContain('evil');
    expect(hasRun()).toBe(false);
  },
  kubeconfig: async () => {
    const path = field.clone({ '.kube/config': 'kind: Config\n', kubeconfig: 'kind: Config\n' });
    const folder = temporaryFolder();
    const kubectl = put(
      join(folder, 'kubectl'),
      `#!/bin/sh\n{ env; echo "ARGS $*"; } >> ${folder}/seen\nexit 1\n`,
    );
    chmodSync(kubectl, 0o755);
    await run(path, ['status'], { PATH: `${folder}:${process.env['PATH']}` });
    const seen = readFileSync(join(folder, 'seen'), 'utf8');
    expect(seen).toContain('ARGS ');
    expect(seen).not.toMatch(/KGIT_TOKEN|right-token|KUBECONFIG|--kubeconfig/);
  },
  turns: 'test/store/local/turns.test.ts',
  'server-secrets': 'test/backends/options/secret-files.test.ts',
  'sops-keys': 'test/app/secret/check-team.test.ts',
  'notify-secrets': 'test/notify/delivery.test.ts',
  'server-files': 'test/serve/followed-files.test.ts',
  legacy: 'test/commands/import/import-hostile.test.ts',
  input: 'test/commands/output/bad-input.test.ts',
  fifos: async () => {
    const { out } = await bash(
      temporaryFolder(),
      stateRepository(),
      `__kgit_find; stat -c 'mode %a' "$__kgit_folder"
       __kgit_folder+=-of-others; sleep() { :; }
       mkdir "$__kgit_folder"; mkfifo "$__kgit_folder/pool"
       chown 4711 "$__kgit_folder" && __kgit_find && echo used; rm -r "$__kgit_folder"`,
    );
    expect(out).toMatch(/^mode 700$/m);
    expect(out).not.toContain('used');
  },
  system: 'test/store/local/process-lock.test.ts',
};

describe('a file that kgit reads', () => {
  it.each(Object.keys(FILES) as FileId[])('%s', async (id) => {
    const proof = PROOFS[id];
    if (typeof proof === 'string') expect(existsSync(proof)).toBe(true);
    else await proof();
  });
});
