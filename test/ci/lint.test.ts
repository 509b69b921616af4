import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { temporaryFolder } from '../support/git-fixtures.js';
import { readAction } from './runner.js';

const root = join(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
let actionlint: string;

beforeAll(() => {
  const script = join(root, 'test/support/actionlint/install.sh');
  actionlint = join(execFileSync(script, { encoding: 'utf8' }).trim(), 'actionlint');
});

/** Runs a checker; what it finds, without the folder. */
function findings(program: string, args: readonly string[], cwd: string): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw new Error(`${program}: ${error.message} (.ci/run installs it)`);
  return status === 0 ? '' : stdout + stderr;
}

/**
 * What actionlint, which hands the `run:` lines to shellcheck, finds in workflows by name. It knows neither the labels
 * of Forgejo's runners nor actions that are named by a URL.
 */
function lintWorkflows(workflows: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, '.github/workflows'), { recursive: true });
  writeFileSync(join(folder, 'actionlint.yaml'), 'self-hosted-runner:\n  labels: [docker]\n');
  const files = Object.entries(workflows).map(([name, yaml]) => {
    const file = join('.github/workflows', `${name}.yml`);
    writeFileSync(join(folder, file), yaml.replaceAll(/uses: https:\/\/[^/]+\//g, 'uses: '));
    return file;
  });
  const options = ['-no-color', '-config-file=actionlint.yaml', '-shellcheck=shellcheck', '-pyflakes='];
  return findings(actionlint, [...options, ...files], folder);
}

/** What shellcheck finds in the lines of a GitLab job, each part as the runner joins it. */
function lintJob({ before_script = [], script = [], after_script = [] }: Record<string, readonly string[]>) {
  const folder = temporaryFolder();
  const parts = { main: [...before_script, ...script], after: after_script };
  for (const [name, lines] of Object.entries(parts))
    writeFileSync(join(folder, `${name}.sh`), `#!/bin/bash\n${lines.join('\n')}\n`);
  return findings('shellcheck', ['main.sh', 'after.sh'], folder);
}

const recipes = [
  ...text('docs/ci.md').matchAll(/(?:recipe|workflow): (\S+) -->\n```yaml\n([\s\S]*?)```/g),
].map(([, name = '', yaml = '']): [string, string] => [name, yaml]);
const templates = readdirSync(join(root, 'templates/state-repo/ci')).map((name): [string, string] => [
  name.replace('.yml', ''),
  text(`templates/state-repo/ci/${name}`),
]);

const own = readdirSync(join(root, '.github/workflows')).map((name): [string, string] => [
  name.replace('.yml', ''),
  text(`.github/workflows/${name}`),
]);

it.each([
  ['workflows of this repository', own],
  ['recipes of docs/ci.md', recipes],
  ['workflows that kgit init writes', templates],
])('actionlint and shellcheck find nothing in the %s', (_where, all) => {
  const isGitlab = ([name]: [string, string]) => name.startsWith('gitlab');
  expect(lintWorkflows(Object.fromEntries(all.filter((one) => !isGitlab(one))))).toBe('');
  for (const [, yaml] of all.filter(isGitlab))
    for (const job of Object.values(parse(yaml)))
      expect(lintJob(job as Parameters<typeof lintJob>[0])).toBe('');
});

it('the workflows of this repository name each action by its commit, and a job has the rights that it lists', () => {
  for (const [name, yaml] of own) {
    const used = [...yaml.matchAll(/uses: (.*)/g)].map(([, action]) => action);
    for (const action of used) expect(action, name).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const { permissions, jobs } = parse(yaml) as {
      permissions: object;
      jobs: Record<string, { permissions?: object }>;
    };
    expect(permissions, name).toEqual({});
    for (const [id, job] of Object.entries(jobs)) expect(job.permissions, `${name}: ${id}`).toBeDefined();
  }
});

it('actionlint and shellcheck find nothing in the actions, as steps of a workflow with their inputs', () => {
  const workflows = ['.', 'ci/started', 'ci/finished'].map((folder) => {
    const { inputs, outputs, runs } = readAction(folder);
    const typed = Object.keys(inputs).map((name) => [name, { type: 'string' }]);
    const env = Object.entries(inputs).map(([name, { default: preset = '' }]) => [name, preset]);
    const told = Object.entries(outputs).map(([name, { value }]) => [name, value]);
    const job = {
      'runs-on': 'ubuntu-latest',
      outputs: Object.fromEntries(told),
      // Where each context of a default value is known.
      steps: [...runs.steps, { run: 'true', env: Object.fromEntries(env) }],
      strategy: { matrix: { zone: [1] } },
    };
    const workflow = { on: { workflow_call: { inputs: Object.fromEntries(typed) } }, jobs: { job } };
    return [folder.replace(/\W/g, '-'), stringify(workflow)];
  });
  expect(lintWorkflows(Object.fromEntries(workflows))).toBe('');
});

it("shellcheck finds nothing in GitLab's component", () => {
  const [, body] = parseAllDocuments(text('ci/gitlab/record.yml'));
  for (const job of Object.values(body?.toJS()))
    expect(lintJob(job as Parameters<typeof lintJob>[0])).toBe('');
});

it('actionlint and shellcheck are really asked', () => {
  const [, yaml = ''] = templates.find(([name]) => name === 'github') ?? [];
  expect(lintWorkflows({ broken: yaml.replace('--base "$BASE" >', '--base $BASE >') })).toContain('SC2086');
  expect(lintWorkflows({ broken: yaml.replace('github.base_ref', 'github.base_rev') })).toContain('base_rev');
  expect(lintJob({ script: ['kgit get $name'] })).toContain('SC2086');
});

describe('shellcheck finds nothing', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => /(^|\/)[^.]+$|\.(ba)?sh$/.test(path));
  const isScript = (path: string) => /^#!.*\b(ba|da)?sh\b/.test(text(path).slice(0, 80));
  const scripts = tracked.filter(isScript);
  const sourced = tracked.filter((path) => /\.(ba)?sh$/.test(path) && !isScript(path));

  it('in the scripts of the repository', () => {
    expect(scripts).toEqual(expect.arrayContaining(['.ci/run', 'bin/askpass.sh']));
    expect(findings('shellcheck', scripts, root)).toBe('');
  });

  it('in what other scripts source, which set and use its variables', () => {
    expect(sourced).toContain('templates/shell/state-management.bash');
    const args = ['--shell=bash', '--exclude=SC2034,SC2154', ...sourced];
    expect(findings('shellcheck', args, root)).toBe('');
  });
});
