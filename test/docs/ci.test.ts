import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloneOf, git } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { sharedState } from '../support/state-repository.js';
import { type GitHttpsServer, startGitHttpsServer } from '../support/transport/git-https-server.js';
import { type SshServer, startSshServer } from '../support/transport/ssh-server.js';
import { bash, recipe, workplace } from './recipes.js';

let https: GitHttpsServer;
let ssh: SshServer;
let remote: string;
let gitlab: Record<string, string>;
let github: Record<string, string>;

beforeAll(async () => {
  remote = sharedState();
  https = await startGitHttpsServer(remote);
  ssh = await startSshServer();
  const trust = { CI: 'true', GIT_SSL_CAINFO: https.authority };
  const [host = '', port = ''] = https.host.split(':');
  github = {
    ...trust,
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'grace',
    GITHUB_RUN_ID: '4711',
    GITHUB_SERVER_URL: `https://${https.host}`,
    GITHUB_REPOSITORY: 'state',
    // The server has one level only, so that owner/state is the repository.
    GITHUB_REPOSITORY_OWNER: '.',
  };
  gitlab = {
    ...trust,
    GITLAB_CI: 'true',
    GITLAB_USER_LOGIN: 'grace',
    CI_PIPELINE_ID: '4711',
    CI_JOB_TOKEN: 'job-token',
    CI_SERVER_HOST: host,
    CI_SERVER_PORT: port,
    CI_SERVER_URL: `https://${https.host}`,
    CI_PROJECT_PATH: 'state',
  };
  https.tokens.set('job-token', 'gitlab-ci-token');
});
afterAll(async () => {
  await https.stop();
  await ssh.stop();
});

/** What the forge puts in place of its expressions. */
function values(outcome: string): Record<string, string> {
  return {
    'github.token': 'right-token',
    'steps.app.outputs.token': 'right-token',
    "steps.deploy.outcome == 'success' && 'succeeded' || 'failed'": outcome,
    'vars.STATE_URL': ssh.url(remote),
    'secrets.STATE_KEY': readFileSync(ssh.clientKey, 'utf8'),
    'vars.STATE_HOST_KEYS': readFileSync(ssh.knownHosts, 'utf8'),
  };
}

/** Runs a recipe whose deployment ends with `code`; the output and code of the script that records it. */
async function job(name: string, code: number): Promise<{ code: number; output: string }> {
  const { cwd, PATH, temp } = workplace(code);
  const known = values(code === 0 ? 'succeeded' : 'failed');
  const forge = {
    ...(name === 'gitlab' ? gitlab : github),
    CI_PROJECT_DIR: cwd,
    CI_JOB_STATUS: code === 0 ? 'success' : 'failed',
  };
  let last = { code: 0, output: '' };
  for (const { lines, env, always } of recipe(name)) {
    if (last.code !== 0 && !always) continue;
    const filled = Object.entries(env).map(([key, text]) => [
      key,
      text.replace(/\$\{\{ (.*?) \}\}/g, (_all, expression) => known[expression] as string),
    ]);
    last = await bash(lines, cwd, { ...forge, PATH, RUNNER_TEMP: temp, ...Object.fromEntries(filled) });
  }
  return last;
}

const RECIPES = ['github', 'github-app', 'github-deploy-key', 'gitlab', 'forgejo'];

describe.each(RECIPES)('the recipe %s', (name) => {
  it.each([
    [0, 'succeeded'],
    [1, 'failed'],
  ])('of a deployment that ends with %d records that it %s', async (code, outcome) => {
    const run = await job(name, code);
    expect(run.output).not.toMatch(/right-token|job-token/);
    expect(run.code, run.output).toBe(0);
    const { events } = await kgitJson(cloneOf(remote), ['log', 'prod-eu-1', '--limit', '1']);
    expect(events).toMatchObject([{ action: 'cluster_deployed', outcome, user: 'grace', run_id: '4711' }]);
  });
});

it('a protected branch ends a recipe with 20, in the words of the forge', async () => {
  const hook = join(remote, 'hooks', 'pre-receive');
  writeFileSync(hook, '#!/bin/sh\necho "GH013: Repository rule violations found" >&2\nexit 1\n');
  chmodSync(hook, 0o755);
  const tip = git(remote, 'rev-parse', 'main');
  const run = await job('github', 0);
  expect(run).toMatchObject({ code: 20, output: expect.stringContaining('GH013') });
  expect(git(remote, 'rev-parse', 'main')).toBe(tip);
  writeFileSync(hook, '#!/bin/sh\nexit 0\n');
});

it('a token without access ends a recipe with 16', async () => {
  https.tokens.delete('right-token');
  const run = await job('github', 0);
  expect(run.code).toBe(16);
  https.tokens.set('right-token', null);
});
