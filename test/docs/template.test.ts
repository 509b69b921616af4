import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { pathWithKgit } from '../support/kgit-on-path.js';
import { commitFiles, sharedState } from '../support/state-repository.js';
import { bash, type Script } from './recipes.js';

const INSTALL = 'npm install --global kgit@0';
const BRANCH = 'kgit/propose/ada/dep-a';
let api: Server;
let origin: string;
let remote: string;
let comments: { url: string; token: string | undefined; body: string }[];

beforeAll(async () => {
  api = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { authorization, 'private-token': own } = request.headers;
    const { body } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    comments.push({ url: request.url ?? '', token: authorization ?? String(own), body });
    response.writeHead(201).end('{}');
  });
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
  origin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  remote = sharedState();
  await kgitJson(cloneOf(remote), ['set', 'deployment.count=4', '--user', 'ada', '--propose']);
  // Others publish meanwhile, which is no finding.
  await kgitJson(cloneOf(remote), ['push-event', 'noted', '--cluster', 'prod']);
});
afterAll(() => {
  api.close();
});

/** The scripts of a workflow as the forge would run them, the step that installs kgit left out. */
function scripts(name: string): Script[] {
  const text = readFileSync(join(import.meta.dirname, `../../templates/state-repo/ci/${name}.yml`), 'utf8');
  expect(text).toContain(INSTALL);
  const { jobs, kgit } = parse(text);
  if (kgit) return [{ lines: kgit.script.join('\n'), env: {}, always: false }];
  const steps: { run?: string; if?: string; env?: Record<string, string> }[] = jobs.validate.steps;
  return steps.flatMap(({ run, env = {}, if: when }) =>
    run === undefined || run.includes(INSTALL)
      ? []
      : [{ lines: run, env, always: when?.startsWith('always()') === true }],
  );
}

/** Runs the workflow of a forge on what is checked out in `cwd`. */
async function workflow(name: string, cwd: string): Promise<{ code: number; output: string }> {
  comments = [];
  const known: Readonly<Record<string, string>> = {
    'github.token': 'job-token',
    'github.base_ref': 'main',
    'github.event.pull_request.number': '7',
  };
  const forge = {
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
    const run = await bash(lines, cwd, { ...forge, ...Object.fromEntries(filled) });
    failed ||= run.code;
    output += run.output;
  }
  return { code: failed, output };
}

const PLACES = {
  github: ['/github/repos/team/state/issues/7/comments', 'Bearer job-token'],
  gitlab: ['/gitlab/projects/3/merge_requests/7/notes', 'job-token'],
  forgejo: ['/api/v1/repos/team/state/issues/7/comments', 'token job-token'],
} as const;

describe.each(['github', 'gitlab', 'forgejo'] as const)("the template's workflow for %s", (name) => {
  const checkout = () => {
    const path = cloneOf(remote);
    git(path, 'checkout', '--quiet', '--detach', `origin/${BRANCH}`);
    return path;
  };

  it('passes a proposal that kgit made, and says so on it', async () => {
    const { code, output } = await workflow(name, checkout());
    expect(code, output).toBe(0);
    const [url, token] = PLACES[name];
    expect(comments).toEqual([
      { url, token, body: expect.stringMatching(/^kgit validate:\n\n {4}.*events\)/) },
    ]);
    expect(output).not.toContain('job-token');
  });

  it('fails one that changes the state without its event, and tells it on it as text', async () => {
    const path = checkout();
    const file = 'deployments/dep-a/state.yaml';
    const state = readFileSync(join(path, file), 'utf8');
    commitFiles(path, { [file]: state.replace('count: 4', 'count: 5') });
    const { code, output } = await workflow(name, path);
    expect(code, output).toBe(3);
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).toContain(file);
    expect(
      comments[0]?.body
        .split('\n')
        .slice(2)
        .every((line) => line === '' || line.startsWith('    ')),
    ).toBe(true);
    if (name === 'github') expect(output).toContain(`::error file=${file}`);
  });
});
