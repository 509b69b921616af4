/** kgit validate takes no word from what it judges. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloneOf, git, temporaryFolder } from '../../support/git-fixtures.js';
import { type KgitRun, kgit } from '../../support/kgit.js';
import { put } from '../../support/red-team/field.js';
import {
  commitFiles,
  expectFailure,
  MARKER,
  sharedState,
  stateRepository,
} from '../../support/state-repository.js';

const CI = { CI: 'true' };
const check = (path: string, ...args: string[]) => kgit(path, ['validate', '--json', ...args], { env: CI });
const found = ({ json }: KgitRun): string[] =>
  json.findings.map(({ rule, severity, path }: Record<string, string>) => `${severity} ${rule} ${path}`);
/** What a proposal must not get through. */
const BROKEN = { 'deployments/dep-b/state.yaml': 'a: [\n' };

describe('kgit validate', () => {
  it('judges the repository stood in, whatever any file says', async () => {
    const fine = stateRepository();
    const path = stateRepository({ ...BROKEN, '.kgitrc.yaml': `repo: ${fine}\ntimeout: soon\n` });
    const config = temporaryFolder();
    put(join(config, 'kgit/config.yaml'), `repo: ${fine}\n`);
    const above = put(join(config, 'team.yaml'), `state_management: {repo: '${fine}'}\n`);
    const env = { ...CI, XDG_CONFIG_HOME: config, KGIT_CONFIG: above };
    const run = await kgit(path, ['validate', '--json'], { env });
    expect(found(run)).toEqual(['error yaml deployments/dep-b/state.yaml']);
    expect(run).toMatchObject({ code: 3, stderr: '' });
    expectFailure(await check(path, '--config', above), 'USAGE', 2);
    expect((await check(path, '--repo', fine)).code).toBe(0);
    expect((await kgit(path, ['validate', '--json'], { env: { ...env, KGIT_REPO: fine } })).code).toBe(0);
  });

  it('points at a change of the workflow that runs it', async () => {
    const workflow = '.github/workflows/kgit.yml';
    const remote = sharedState({ [workflow]: 'on: pull_request\n' });
    const path = cloneOf(remote);
    git(path, 'switch', '--quiet', '-c', 'proposal');
    commitFiles(path, { [workflow]: 'on: never\n', '.gitlab-ci.yml': 'of the team\n' });
    const run = await check(path, '--base', 'origin/main');
    expect(found(run)).toEqual([`warning rules-changed ${workflow}`]);
    expect(run.code).toBe(0);
  });
});

function sshKey(): { key: string; allowed: string } {
  const key = join(temporaryFolder(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'x', '-f', key]);
  return { key, allowed: `ada@example.com ${readFileSync(`${key}.pub`, 'utf8')}` };
}

describe('a proposal that loosens what it is judged by', () => {
  const [ada, eve] = [sshKey(), sshKey()];
  const marker = MARKER.replace('settings: {}', 'settings: {signatures: required}');
  const SIGNERS = '.kgit/signers/allowed_signers';
  const proposal = (key?: string) => {
    const path = cloneOf(sharedState({ 'kgit.yaml': marker, [SIGNERS]: ada.allowed }));
    git(path, 'switch', '--quiet', '-c', 'proposal');
    for (const [name, value] of Object.entries({ 'gpg.format': 'ssh', 'user.signingKey': key ?? '' }))
      git(path, 'config', name, value);
    git(path, 'config', 'commit.gpgSign', String(key !== undefined));
    return path;
  };

  it.each([
    [
      'takes the signatures away, unsigned',
      { 'kgit.yaml': MARKER },
      undefined,
      ['error rules-changed kgit.yaml'],
    ],
    [
      'takes them away, signed by a stranger',
      { 'kgit.yaml': MARKER },
      eve.key,
      ['error rules-changed kgit.yaml'],
    ],
    ['takes them away, signed by who may', { 'kgit.yaml': MARKER }, ada.key, []],
    [
      'lets a stranger sign, signed by the stranger',
      { [SIGNERS]: ada.allowed + eve.allowed },
      eve.key,
      ['error rules-changed .kgit/signers'],
    ],
    ['lets another one sign, signed by who may', { [SIGNERS]: ada.allowed + eve.allowed }, ada.key, []],
    ['changes something else, unsigned', { 'note.md': 'x\n' }, undefined, []],
  ])('%s', async (_name, files, key, findings) => {
    const path = proposal(key);
    commitFiles(path, files);
    const run = await check(path, '--base', 'origin/main');
    expect(found(run)).toEqual(findings);
    expect(run.code).toBe(findings.length > 0 ? 3 : 0);
  });

  it('is found in every commit that does it', async () => {
    const path = proposal(eve.key);
    commitFiles(path, { [SIGNERS]: eve.allowed });
    commitFiles(path, { 'kgit.yaml': MARKER });
    expect(found(await check(path, '--base', 'origin/main'))).toEqual([
      'error rules-changed kgit.yaml',
      'error rules-changed .kgit/signers',
    ]);
  });
});
