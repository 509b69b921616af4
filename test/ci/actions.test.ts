import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { cloneOf, git, temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { pathWithKgit } from '../support/kgit-on-path.js';
import { sharedState } from '../support/state-repository.js';
import { type GitHttpsServer, startGitHttpsServer } from '../support/transport/git-https-server.js';
import { Job, ROOT, readAction, runScript } from './runner.js';

const ACTIONS = ['.', 'ci/started', 'ci/finished'];
let https: GitHttpsServer;
let remote: string;

beforeAll(async () => {
  remote = sharedState();
  https = await startGitHttpsServer(remote);
  https.tokens.set('job-token', 'gitlab-ci-token');
});
afterAll(() => https.stop());

/** A run of a workflow at GitHub; Forgejo sets the same variables, and some of its own. */
const run = (id: string, attempt = '1', more: Readonly<Record<string, string>> = {}) =>
  new Job(
    {
      ...{ CI: 'true', GIT_SSL_CAINFO: https.authority, PATH: pathWithKgit(), GITHUB_ACTIONS: 'true' },
      ...{ GITHUB_ACTOR: 'grace', GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt, GITHUB_JOB: 'deploy' },
      ...{ GITHUB_SERVER_URL: `https://${https.host}`, GITHUB_REPOSITORY: 'state' },
      ...more,
    },
    {
      'github.token': 'right-token',
      'github.server_url': `https://${https.host}`,
      'github.repository': 'state',
    },
  );
const eventsOf = async (subject: string) =>
  (await kgitJson(cloneOf(remote), ['log', subject, '--reverse'])).events.reverse();

describe('the action', () => {
  it('records an event with its parameters, and tells its id and revision', async () => {
    const params = '\n  region=westeurope \nnodes:=3\r\n\n';
    const { code, output, outputs } = await run('1').use('.', {
      ...{ action: 'cluster_deployed', subject: 'cluster/one', outcome: 'succeeded', params },
    });
    expect(code, output).toBe(0);
    const [event, ...others] = await eventsOf('cluster/one');
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      ...{ id: outputs['id'], action: 'cluster_deployed', outcome: 'succeeded', user: 'grace', run_id: '1' },
      parameters: { region: 'westeurope ', nodes: 3 },
    });
    expect(outputs['revision']).toBe(git(remote, 'rev-parse', 'main'));
  });

  it('records a repeated step once, and what other steps, jobs of a matrix and attempts record', async () => {
    const inputs = { action: 'tested', subject: 'cluster/two' };
    const job = run('2');
    const first = await job.use('.', inputs, 'a-step');
    const again = await job.use('.', inputs, 'a-step');
    expect(again).toMatchObject({ code: 0, outputs: { id: first.outputs['id'] } });
    expect(again.output).toContain('already');
    expect(await eventsOf('cluster/two')).toHaveLength(1);
    await job.use('.', inputs, 'another-step');
    await job.use('.', { ...inputs, step: 'named' }, 'a-step');
    // Jobs of one reusable workflow have the same names of job and step, whoever calls them.
    await run('2').use('.', inputs, 'a-step');
    expect(await eventsOf('cluster/two')).toHaveLength(4);
  });

  it('records text that others write as one value, however many lines it has', async () => {
    const message = 'fix: a typo\n\ndry_run:=true\nregion=moon "quoted" \\ é\u2028';
    const subject = 'cluster/texts';
    const params = `region=westeurope\nmessage:=${JSON.stringify(message)}`;
    const { code, output } = await run('9').use('.', { action: 'a', subject, params });
    expect(code, output).toBe(0);
    expect((await eventsOf(subject))[0].parameters).toEqual({ region: 'westeurope', message });
  });

  it('uses the token and the run that the job has in its environment', async () => {
    const subject = 'cluster/environment';
    const other = { GITHUB_SERVER_URL: 'https://github.example' };
    const job = run('10', '1', { KGIT_TOKEN: 'right-token', KGIT_RUN_ID: 'release-7', ...other });
    const elsewhere = { action: 'a', subject, repo: `https://${https.host}/state` };
    const first = await job.use('.', elsewhere, 'a-step');
    expect(first.code, first.output).toBe(0);
    const again = await job.use('.', elsewhere, 'a-step');
    expect(again.outputs).toEqual(first.outputs);
    expect(await eventsOf(subject)).toMatchObject([{ run_id: 'release-7' }]);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['quotes and substitutions', { params: `a="x' $(touch evil) \`id\` \${HOME} %0A ::set-output::` }],
    ['what looks like an option', { params: 'a=--repo=/etc\n--user=mallory=1' }],
    ['an option as action', { action: '--version' }],
    ['an option as subject', { subject: '--help' }],
    ['lines in a subject', { subject: 'cluster/x\nid=1' }],
    ['a command as action', { action: 'a; touch evil' }],
    ['an option as repository', { repo: '--help' }],
    ['an outcome that is none', { outcome: 'x --user=mallory' }],
    ['a parameter without a value', { params: 'novalue' }],
    ['a token of two lines', { token: 'a\n::add-mask::b' }],
  ])('takes %s literally, or refuses it', async (name, hostile) => {
    const job = run('3');
    const { code, output, outputs } = await job.use('.', {
      action: 'odd',
      subject: 'cluster/three',
      ...hostile,
    });
    const isTaken = name.startsWith('quotes') || name.startsWith('what looks');
    expect(code === 0, output).toBe(isTaken);
    expect(output).not.toMatch(/right-token|USAGE\n|kgit\/\d/);
    // Steps run there.
    expect(readdirSync(join(job.temp, 'work'))).toEqual([]);
    if (!isTaken) {
      expect(output).toContain('::error::');
      expect(outputs).toEqual({ id: '', revision: '' });
      return;
    }
    const events = await eventsOf('cluster/three');
    const { parameters, user } = events.find(({ id }: { id: string }) => id === outputs['id']);
    const [, value] = /^a=(.*)/.exec(hostile['params'] ?? '') ?? [];
    expect([parameters.a, user]).toEqual([value, 'grace']);
  });

  it('masks the token that it is given, and gives that of the job to no other server', async () => {
    const given = await run('4').use('.', { action: 'a', subject: 'cluster/four', token: 'right-token' });
    expect(given.code, given.output).toBe(0);
    expect(given.output.split('right-token')).toHaveLength(2);
    expect(given.output).toContain('::add-mask::right-token\n');
    const elsewhere = run('4', '1', { GITHUB_SERVER_URL: 'https://github.example' });
    const refused = await elsewhere.use('.', { action: 'b', subject: 'cluster/four' });
    expect(refused.code, refused.output).toBe(16);
    expect(refused.output).not.toContain('right-token');
  });
});

describe('the pair of actions', () => {
  it('records a job as started and succeeded, with its duration', async () => {
    const subject = 'cluster/pair';
    const job = run('5');
    const started = await job.use('ci/started', { action: 'upgraded', subject, params: 'to=1.2.3' });
    expect(started.code, started.output).toBe(0);
    const finished = await job.use('ci/finished', { action: 'upgraded', subject });
    expect(finished.code, finished.output).toBe(0);
    const events = await eventsOf(subject);
    expect(events).toMatchObject([
      { id: started.outputs['id'], outcome: 'started', run_id: '5', parameters: { to: '1.2.3' } },
      { id: finished.outputs['id'], outcome: 'succeeded', run_id: '5', duration_seconds: expect.any(Number) },
    ]);
  });

  it('records a job that failed or was cancelled, also one whose start could not be recorded', async () => {
    const inputs = { action: 'upgraded', subject: 'cluster/six' };
    const job = run('6', '1', { FORGEJO_ACTIONS: 'true', GITEA_ACTIONS: 'true' });
    const unreachable = { ...inputs, repo: 'https://127.0.0.1:1/state' };
    expect((await job.use('ci/started', unreachable)).code).toBe(16);
    job.status = 'failure';
    const failed = await job.use('ci/finished', inputs, 'end');
    expect(failed.code, failed.output).toBe(0);
    expect((await job.use('ci/finished', inputs, 'end')).outputs).toEqual(failed.outputs);
    job.status = 'cancelled';
    await job.use('ci/started', { ...inputs, params: 'try=2' });
    expect((await job.use('ci/finished', inputs)).code).toBe(0);
    expect(await eventsOf('cluster/six')).toMatchObject([
      { outcome: 'failed', user: 'grace', duration_seconds: expect.any(Number) },
      { outcome: 'started' },
      { outcome: 'failed', reason: 'the job was cancelled', duration_seconds: expect.any(Number) },
    ]);
  });

  it('records no end of what never began or was skipped, and refuses a status that is none', async () => {
    const inputs = { action: 'upgraded', subject: 'cluster/seven' };
    const job = run('7');
    for (const status of ['failure', 'cancelled']) {
      job.status = status;
      const { code, output, outputs } = await job.use('ci/finished', inputs);
      expect([code, outputs]).toEqual([0, { id: '', revision: '' }]);
      expect(output).toContain('nothing is recorded: the job failed before ci/started');
    }
    const skipped = await job.use('ci/finished', { ...inputs, status: 'skipped' });
    expect([skipped.code, skipped.outputs['id']]).toEqual([0, '']);
    for (const status of ['constructor', '', 'job']) {
      const { code, output } = await job.use('ci/finished', { ...inputs, status });
      expect([code, output]).toEqual([1, expect.stringContaining('is not known')]);
    }
    // A status that is given needs no start.
    expect((await job.use('ci/finished', { ...inputs, status: 'failure' })).code).toBe(0);
    const events = await eventsOf('cluster/seven');
    expect(events).toMatchObject([{ outcome: 'failed' }]);
    expect(events[0]).not.toHaveProperty('duration_seconds');
  });
});

it('no input of an action is in the text of a script, and nothing but its own files is used', () => {
  for (const folder of ACTIONS) {
    const { runs } = readAction(folder);
    expect(runs.using).toBe('composite');
    for (const step of runs.steps) {
      expect(step.run).not.toContain('${{');
      expect(Object.keys(step)).not.toContain('uses');
    }
  }
});

it.each(['action', 'forgejo'])(
  'the workflow %s of docs/ci.md gives each action the inputs that it has',
  (name) => {
    const page = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8');
    const [, workflow = ''] =
      new RegExp(`<!-- workflow: ${name} -->\n\`\`\`yaml\n([^]*?)\`\`\``).exec(page) ?? [];
    const { steps } = parse(workflow).jobs.deploy;
    const used = steps.flatMap(({ uses = '', with: given }: { uses?: string; with?: object }) => {
      const [, folder] = /^(?:https:\/\/github\.com\/)?OWNER\/kgit\/?(.*)@v0$/.exec(uses) ?? [];
      return folder === undefined ? [] : [{ folder, given: Object.keys(given ?? {}) }];
    });
    expect(used.length).toBeGreaterThanOrEqual(2);
    for (const { folder, given } of used) {
      const { inputs } = readAction(folder);
      const required = Object.keys(inputs).filter((input) => inputs[input]?.required);
      expect(given).toEqual(expect.arrayContaining(required));
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(given));
    }
  },
);

it('docs/ci.md describes each input of the actions', () => {
  const page = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8');
  const table = page.slice(page.indexOf('| input | what it is |'), page.indexOf('The outputs are `id`'));
  const described = [...table.matchAll(/^\| ([^|]*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  const known = new Set(ACTIONS.flatMap((folder) => Object.keys(readAction(folder).inputs)));
  expect(described.sort()).toEqual([...known].sort());
});

it('a job without kgit builds it from the checkout of the action, and has it in the steps that follow', async () => {
  const source = temporaryFolder();
  for (const folder of ['ci', 'scripts', 'bin']) mkdirSync(join(source, folder));
  writeFileSync(join(source, 'ci/install.sh'), readFileSync(join(ROOT, 'ci/install.sh')));
  writeFileSync(
    join(source, 'scripts/prepare.mjs'),
    "import { writeFileSync } from 'node:fs';\nwriteFileSync(new URL('../bin/run.js', import.meta.url), '#!/bin/sh\\necho built\\n', { mode: 0o755 });\n",
  );
  const [bin, temp] = [temporaryFolder(), temporaryFolder()];
  for (const program of ['bash', 'node', 'dirname', 'mkdir', 'ln'])
    symlinkSync(program === 'node' ? process.execPath : `/usr/bin/${program}`, join(bin, program));
  const env = { PATH: bin, KGIT_SOURCE: source, RUNNER_TEMP: temp, GITHUB_PATH: join(temp, 'path') };
  const [step] = readAction('.').runs.steps;
  expect(await runScript(step?.run ?? '', { cwd: temp, env })).toEqual({ code: 0, output: '' });
  const added = readFileSync(env.GITHUB_PATH, 'utf8').trim();
  const PATH = `${added}:${bin}`;
  expect(await runScript('kgit', { cwd: temp, env: { PATH } })).toEqual({ code: 0, output: 'built\n' });
  // A job that has it gets no other one.
  writeFileSync(env.GITHUB_PATH, '');
  expect((await runScript(step?.run ?? '', { cwd: temp, env: { ...env, PATH } })).code).toBe(0);
  expect(readFileSync(env.GITHUB_PATH, 'utf8')).toBe('');
});

describe("GitLab's component", () => {
  const text = readFileSync(join(ROOT, 'ci/gitlab/record.yml'), 'utf8');
  const [head] = parseAllDocuments(text);
  const { inputs } = head?.toJS().spec ?? {};

  /** What GitLab makes of the component: it checks inputs by their patterns and puts them into its text. */
  function included(given: Readonly<Record<string, string>>) {
    const values = Object.entries(inputs as Record<string, { regex: string; default?: string }>).map(
      ([name, { regex, default: preset }]) => {
        const value = given[name] ?? preset;
        if (value === undefined || !new RegExp(regex).test(value)) throw new Error(`${name} is refused`);
        return [name, value] as const;
      },
    );
    const body = text.slice(text.indexOf('\n---\n') + 5);
    const filled = values.reduce(
      (all, [name, value]) => all.replaceAll(`$[[ inputs.${name} ]]`, value),
      body,
    );
    const [document] = parseAllDocuments(filled);
    return Object.values(document?.toJS() ?? {})[0] as {
      variables: Record<string, string>;
      before_script: string[];
      after_script: string[];
    };
  }

  it.each([
    ['true', 'success', 'succeeded'],
    ['false', 'failed', 'failed'],
  ])('wraps a job that runs %s', async (script, status, outcome) => {
    const job = included({ action: 'cluster_deployed', subject: `cluster/lab-${status}` });
    const cwd = join(temporaryFolder(), 'project');
    mkdirSync(cwd);
    const [host = '', port = ''] = https.host.split(':');
    const env = {
      ...process.env,
      ...{ PATH: pathWithKgit(), CI: 'true', GITLAB_CI: 'true', GIT_SSL_CAINFO: https.authority },
      ...{ GITLAB_USER_LOGIN: 'grace', CI_PIPELINE_ID: '7', CI_JOB_ID: '70', CI_JOB_TOKEN: 'job-token' },
      ...{ CI_SERVER_HOST: host, CI_SERVER_PORT: port, CI_SERVER_URL: `https://${https.host}` },
      ...{ CI_PROJECT_PATH: 'state', CI_PROJECT_DIR: cwd, RECORD_PARAMS: 'a=$(id)\nb=--x' },
      ...job.variables,
    };
    // A runner runs both parts of the script in one shell, and what comes after in another.
    const main = await runScript([...job.before_script, script].join('\n'), { cwd, env });
    expect(main.code === 0, main.output).toBe(script === 'true');
    const after = await runScript(job.after_script.join('\n'), {
      cwd,
      env: { ...env, CI_JOB_STATUS: status },
    });
    expect(after.code, after.output).toBe(0);
    expect(main.output + after.output).not.toContain('job-token');
    // The folder beside the checkout is that of the runner, for all jobs.
    expect(readdirSync(dirname(cwd))).toEqual(['project']);
    expect(await eventsOf(`cluster/lab-${status}`)).toMatchObject([
      { outcome: 'started', run_id: '7', user: 'grace', parameters: { a: '$(id)', b: '--x' } },
      { outcome, duration_seconds: expect.any(Number) },
    ]);
  });

  it.each([
    ['action', 'a"\n  script: [id]'],
    ['action', '$(id)'],
    ['subject', "cluster/x'; id"],
    ['subject', '--help'],
    ['repo', 'https://x/$(id)'],
    ['repo', 'https://x/"\nimage: evil'],
    ['job', 'other'],
  ])('refuses %s %j', (name, value) => {
    const given = { action: 'a', subject: 'cluster/x' };
    expect(() => included(given)).not.toThrow();
    expect(() => included({ ...given, [name]: value })).toThrow(`${name} is refused`);
  });
});
