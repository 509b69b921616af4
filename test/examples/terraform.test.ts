import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { pathWithKgit } from '../support/kgit-on-path.js';
import { stateRepository } from '../support/state-repository.js';

const text = readFileSync(join(import.meta.dirname, '../../examples/terraform/main.tf'), 'utf8');

let state = '';
let PATH = '';
beforeAll(() => {
  state = stateRepository();
  PATH = pathWithKgit();
});

interface Hook {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly isDestroy: boolean;
}

/** The local-exec provisioner of a resource: its command, and the expressions of its environment. */
function hook(resource: string): Hook {
  const block =
    new RegExp(`^resource "terraform_data" "${resource}" \\{$[^]*?^\\}$`, 'm').exec(text)?.[0] ?? '';
  expect(block).toContain('provisioner "local-exec"');
  // Without these, the tool runs `/bin/sh -c COMMAND` in the folder of the configuration.
  expect(block).not.toMatch(/interpreter|working_dir/);
  const [, command = '""'] = /^ +command += (".*")$/m.exec(block) ?? [];
  const [, variables = ''] = /^ +environment = \{\n([^}]*)\}/m.exec(block) ?? [];
  const pairs = [...variables.matchAll(/^ +(\w+) += (\S+)$/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  return {
    command: JSON.parse(command),
    environment: Object.fromEntries(pairs),
    isDestroy: /^ +when += destroy$/m.test(block),
  };
}

/** Runs a hook as the tools do; `values` are those of the expressions. */
function fire({ command, environment }: Hook, values: Readonly<Record<string, string>>) {
  const cwd = temporaryFolder();
  const more = Object.entries(environment).map(([name, expression]) => {
    expect(values).toHaveProperty([expression]);
    return [name, values[expression]];
  });
  const env = { ...process.env, PATH, ...Object.fromEntries(more) };
  const { status, stderr } = spawnSync('/bin/sh', ['-c', command], { cwd, env, encoding: 'utf8' });
  return { code: status, stderr, ran: existsSync(join(cwd, 'ran')) };
}

it('records an event after apply', async () => {
  const applied = hook('kgit_applied');
  expect(applied.isDestroy).toBe(false);
  const template = '-x" ; touch ran; $(touch ran) `touch ran`';
  const run = fire(applied, {
    'var.state_repository': state,
    'var.cluster': 'team/prod-eu-1',
    'terraform_data.cluster.output': template,
  });
  expect(run).toMatchObject({ code: 0, ran: false });
  const { events } = await kgitJson(state, ['log', 'cluster/team/prod-eu-1']);
  expect(events).toMatchObject([
    { action: 'cluster_applied', outcome: 'succeeded', parameters: { template } },
  ]);
});

it('records an event once the cluster is gone', async () => {
  const deleted = hook('kgit_deleted');
  expect(deleted.isDestroy).toBe(true);
  const run = fire(deleted, { 'self.output.repository': state, 'self.output.cluster': 'team/lab-1' });
  expect(run).toMatchObject({ code: 0 });
  const { events } = await kgitJson(state, ['log', 'cluster/team/lab-1']);
  expect(events).toMatchObject([{ action: 'cluster_deleted', outcome: 'succeeded' }]);
});

it.each(['kgit_applied', 'kgit_deleted'])('%s fails where nothing can be recorded', (resource) => {
  const found = hook(resource);
  const values = Object.fromEntries(Object.values(found.environment).map((name) => [name, '/nowhere']));
  expect(fire(found, values)).toMatchObject({ code: 10, stderr: expect.stringContaining('NO_REPO') });
});
