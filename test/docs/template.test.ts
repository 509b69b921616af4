import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type CommentServer, JOBS, startComments } from '../support/forge/comment-server.js';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { pathWithKgit } from '../support/kgit-on-path.js';
import { commitFiles, sharedState } from '../support/state-repository.js';
import { bash, INSTALLS, type Script } from './recipes.js';

const BRANCH = 'kgit/propose/ada/dep-a';
let forge: CommentServer;
let remote: string;

beforeAll(async () => {
  remote = sharedState();
  await kgitJson(cloneOf(remote), ['set', 'deployment.count=4', '--user', 'ada', '--propose']);
  // Others publish meanwhile, which is no finding.
  await kgitJson(cloneOf(remote), ['push-event', 'noted', '--cluster', 'prod']);
});

/** The scripts of a workflow as the forge would run them, the step that installs kgit left out. */
function scripts(name: string): Script[] {
  const text = readFileSync(join(import.meta.dirname, `../../templates/state-repo/ci/${name}.yml`), 'utf8');
  const { jobs, kgit } = parse(text);
  if (kgit) return [{ lines: kgit.script.join('\n'), env: {}, always: false }];
  const steps: { run?: string; if?: string; env?: Record<string, string> }[] = jobs.validate.steps;
  return steps.flatMap(({ run, env = {}, if: when }) =>
    run === undefined || INSTALLS.test(run)
      ? []
      : [{ lines: run, env, always: when?.startsWith('always()') === true }],
  );
}

/** Runs the workflow of a forge on what is checked out in `cwd`. */
async function workflow(
  name: string,
  cwd: string,
  base = 'origin/main',
): Promise<{ code: number; output: string }> {
  const known: Readonly<Record<string, string>> = {
    'github.token': 'job-token',
    'github.base_ref': 'main',
    "github.event.merge_group.base_sha || format('origin/{0}', github.base_ref)": base,
    'github.event.pull_request.number': '7',
  };
  const { origin } = forge;
  const variables = {
    ...{ CI: 'true', PATH: pathWithKgit(), RUNNER_TEMP: temporaryFolder(), CI_PROJECT_DIR: cwd },
    ...{ GITHUB_API_URL: `${origin}/github`, GITHUB_SERVER_URL: origin, GITHUB_REPOSITORY: 'team/state' },
    ...(name === 'gitlab' ? { KGIT_TOKEN: 'job-token', CI_SERVER_HOST: 'gitlab.example' } : {}),
    ...{ CI_API_V4_URL: `${origin}/gitlab`, CI_PROJECT_ID: '3', CI_MERGE_REQUEST_IID: '7' },
    ...{ CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main', CI_COMMIT_SHA: git(cwd, 'rev-parse', 'HEAD') },
  };
  let failed = 0;
  let output = '';
  for (const { lines, env, always } of scripts(name)) {
    if (failed !== 0 && !always) continue;
    const filled = Object.entries(env).map(([key, value]) => [
      key,
      value.replace(/\$\{\{ (.*?) \}\}/g, (_all, expression) => known[expression] as string),
    ]);
    const run = await bash(lines, cwd, { ...variables, ...Object.fromEntries(filled) });
    failed ||= run.code;
    output += run.output;
  }
  return { code: failed, output };
}

describe.each(['github', 'gitlab', 'forgejo'] as const)("the template's workflow for %s", (name) => {
  beforeEach(async () => {
    forge = await startComments(name);
  });
  afterEach(() => forge.stop());

  const { by, all, one, verb } = JOBS[name];
  const file = 'deployments/dep-a/state.yaml';
  const checkout = () => {
    const path = cloneOf(remote);
    git(path, 'checkout', '--quiet', '--detach', `origin/${BRANCH}`);
    return path;
  };
  /** Changes the state without its event. */
  const spoil = (path: string) => {
    const state = readFileSync(join(path, file), 'utf8');
    commitFiles(path, { [file]: state.replace('count: 4', 'count: 5') });
  };

  it('passes a proposal that kgit made, and says so on it', async () => {
    const { code, output } = await workflow(name, checkout());
    expect(code, output).toBe(0);
    const body = expect.stringMatching(/^kgit validate:\n\n {4}all is well.*events?\)/);
    expect(forge.comments).toEqual([{ id: 100, by, body }]);
    expect(forge.calls.at(-1)).toBe(`POST ${all}`);
    expect(output).not.toContain('job-token');
  });

  it('fails one that changes the state without its event, and tells it on it as text', async () => {
    const path = checkout();
    spoil(path);
    const { code, output } = await workflow(name, path);
    expect(code, output).toBe(3);
    const [{ body } = { body: '' }] = forge.comments;
    expect(body).toContain(file);
    expect(
      body
        .split('\n')
        .slice(2)
        .every((line) => line === '' || line.startsWith('    ')),
    ).toBe(true);
    if (name === 'github') expect(output).toContain(`::error file=${file}`);
  });

  it('amends its comment at the next run, and leaves those of others alone, whatever they begin with', async () => {
    const others = { id: 1, by: 'mallory', body: 'kgit validate:\n\n    all is well' };
    forge.comments.push({ ...others });
    const path = checkout();
    await workflow(name, path);
    spoil(path);
    const { code, output } = await workflow(name, path);
    expect(code, output).toBe(3);
    const body = expect.stringMatching(/^kgit validate:\n\n {4}✗ deployments/);
    expect(forge.comments).toEqual([others, { id: 101, by, body }]);
    expect(forge.calls.at(-1)).toBe(`${verb} ${one}101`);
  });

  it('says on the proposal why it could not be checked', async () => {
    const path = checkout();
    git(path, 'switch', '--quiet', '--orphan', 'begun-anew');
    commitFiles(path, { 'kgit.yaml': 'apiVersion: kgit/v1\nkind: StateRepository\n' });
    const { code, output } = await workflow(name, path);
    expect(code, output).toBe(2);
    expect(forge.comments).toMatchObject([{ body: expect.stringContaining('nothing in common') }]);
  });
});

it("GitHub's workflow checks a merge queue against what stands before it there", async () => {
  forge = await startComments('github');
  const text = readFileSync(join(import.meta.dirname, '../../templates/state-repo/ci/github.yml'), 'utf8');
  expect(Object.keys(parse(text).on)).toEqual(['pull_request', 'merge_group']);
  const queue = cloneOf(remote);
  git(queue, 'merge', '--quiet', '--squash', `origin/${BRANCH}`);
  git(queue, 'commit', '--quiet', '-m', 'first');
  const base = git(queue, 'rev-parse', 'HEAD');
  const state = join(queue, 'deployments/dep-a/state.yaml');
  writeFileSync(state, readFileSync(state, 'utf8').replace('count: 4', 'count: 5'));
  git(queue, 'commit', '--quiet', '-am', 'second');
  const { code, output } = await workflow('github', queue, base);
  expect(code, output).toBe(3);
  expect(output).toContain('deployment.count is 5, but the events say 4');
  forge.stop();
});
