import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { pathWithKgit } from '../support/kgit-on-path.js';
import { stateRepository } from '../support/state-repository.js';

const COMMAND = 'ansible.builtin.command';
const [play] = parse(
  readFileSync(join(import.meta.dirname, '../../examples/ansible/apply-cluster.yaml'), 'utf8'),
);
const [task] = play.tasks;
const [apply] = task.block;
const [failure, fail] = task.rescue;
const [success] = play.handlers;

let state = '';
let PATH = '';
beforeAll(() => {
  state = stateRepository();
  PATH = pathWithKgit();
});

/** The arguments that Ansible's template `{{ record + ['…'] }}` stands for. */
function argv(template: string, values: Readonly<Record<string, string>>): string[] {
  const [, last = ''] = /^\{\{ record \+ \['(--[a-z=]+)'\] \}\}$/.exec(template) ?? [];
  const words: string[] = [...play.vars.record, last];
  return words.map((word) =>
    word.replace(/\{\{ (\w+) \}\}/g, (_, name: string) => {
      expect(values).toHaveProperty(name);
      return values[name] ?? '';
    }),
  );
}

it.each([
  ['succeeded', success],
  ['failed', failure],
])('records that the apply %s', async (outcome, { [COMMAND]: command }) => {
  const cwd = temporaryFolder();
  const manifest = `a "; touch ran; $(touch ran) 'b.yaml`;
  const cluster = `team/${outcome}`;
  const [program = '', ...args] = argv(command.argv, { manifest, cluster, state_repository: state });
  // As the module does: without a shell.
  const run = spawnSync(program, args, { cwd, env: { ...process.env, PATH }, encoding: 'utf8' });
  expect(run).toMatchObject({ status: 0 });
  expect(existsSync(join(cwd, 'ran'))).toBe(false);
  const { events } = await kgitJson(state, ['log', `cluster/${cluster}`]);
  expect(events).toMatchObject([{ action: 'cluster_applied', outcome, parameters: { manifest } }]);
});

/** Evaluates an expression of Jinja with the test `search` of Ansible, once for each of the values. */
function evaluated(expression: string, values: readonly object[]): unknown {
  const program = `import json, re, sys, jinja2
environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
environment.tests['search'] = lambda text, pattern: re.search(pattern, text) is not None
expression, values = json.load(sys.stdin)
run = environment.compile_expression(expression, undefined_to_none=False)
print(json.dumps([run(**each) for each in values]))`;
  const input = JSON.stringify([expression, values]);
  return JSON.parse(execFileSync('python3', ['-c', program], { input, encoding: 'utf8' }));
}

it('an apply has changed something unless each of its objects is unchanged', () => {
  const applies = [
    ['a unchanged', 'b unchanged'],
    ['a configured', 'b unchanged'],
    ['a unchanged', 'b created'],
  ];
  const values = applies.map((stdout_lines) => ({ applied: { stdout_lines } }));
  expect(evaluated(apply.changed_when, values)).toEqual([false, true, true]);
});

it('fails with what the command wrote, or with what Ansible says', () => {
  const [, expression = ''] = /^\{\{ (.*) \}\}$/.exec(fail['ansible.builtin.fail'].msg) ?? [];
  const results = [
    { stderr: 'refused', msg: 'rc 1' },
    { stderr: '', msg: 'no kubectl' },
    { msg: 'no kubectl' },
  ];
  const values = results.map((ansible_failed_result) => ({ ansible_failed_result }));
  expect(evaluated(expression, values)).toEqual(['refused', 'no kubectl', 'no kubectl']);
});

it('uses no shell, records a success once something changed, and fails as the apply did', () => {
  for (const step of [apply, failure, success]) {
    expect(Object.keys(step)).toContain(COMMAND);
    expect(Object.keys(step[COMMAND])).toEqual(['argv']);
  }
  expect(apply.notify).toBe(success.name);
  expect(Object.keys(fail)).toContain('ansible.builtin.fail');
});
