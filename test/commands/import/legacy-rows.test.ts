/** What import and export owe to files of odd shapes: numbers, merges, archives, names, order, and what a reset leaves. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { bash } from '../../support/script-api/bash.js';
import { emptyState } from '../../support/state-repository.js';
import { yq } from '../../support/yaml-readers/readers.js';

const HEAD = 'deployment_id: dep-a\nlast_updated: "2025-12-04T01:00:05Z"\n';
const KEY = Buffer.from('0123456789abcdef0123456789abcdeG').toString('base64');
const entry = (second: number, action: string) =>
  `  - timestamp: "2025-12-04T01:00:0${second}Z"\n    action: ${action}\n    message: m\n`;
const log = (last: number, ...entries: string[]) =>
  `deployment_id: dep-a\ncreated_at: "2025-12-04T01:00:00Z"\nlast_updated: "2025-12-04T01:00:0${last}Z"\nevents:\n${entries.join('')}`;

/** A checkout with these files. */
function checkout(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Imports the files and exports them to another folder: the result of the import, and the folder. */
async function around(files: Readonly<Record<string, string>>) {
  const [repo, to] = [emptyState(), temporaryFolder()];
  const json = await kgitJson(repo, ['import', checkout(files)]);
  await kgitJson(repo, ['export', '--to', to]);
  return { repo, to, json, text: (name: string) => readFileSync(join(to, name), 'utf8') };
}

const keysIn = (text: string) => text.split('\n').flatMap((line) => /^ *([\w-]+):/.exec(line)?.[1] ?? []);

it('numbers that no reader spells as they are come back as they were, and each is told', async () => {
  const numbers = [
    '9007199254740993',
    '1.10',
    '017',
    '0o17',
    '1e3',
    '.inf',
    '12e4567',
    '-0',
    '0x1F',
    '1_000',
  ];
  const state = `${HEAD}v:\n${numbers.map((text, i) => `  n${i}: ${text}\n`).join('')}`;
  const { to, json } = await around({ 'state/deployment-state.yaml': state });
  const path = join(to, 'state/deployment-state.yaml');
  expect(numbers.map((_, i) => yq(`.v.n${i}`, path)?.trimEnd())).toEqual(numbers);
  const told = (json.files as { warnings: string[] }[]).flatMap(({ warnings }) => warnings);
  // 1_000 is text to readers of YAML 1.2, which stays text.
  expect(told).toEqual(
    numbers.slice(0, -1).map((_, i) => `line ${i + 4}: the number v.n${i} is kept as it is spelled, as text`),
  );
});

it('a merge key is resolved in the repository, and stays in the file', async () => {
  const text = `${HEAD}x: &x {k: v, l: w}\ny:\n  <<: *x\n  l: own\n`;
  const [repo, folder] = [emptyState(), checkout({ 'state/deployment-state.yaml': text })];
  await kgitJson(repo, ['import', folder]);
  expect((await kgitJson(repo, ['get', 'deployment.y'])).value).toEqual({ k: 'v', l: 'own' });
  const { out } = await bash(
    folder,
    repo,
    'get_state y.k; get_state y.l; update_state y.m new; get_state y.m',
  );
  expect(out).toBe('v\nown\nnew\n');
  expect(readFileSync(join(folder, 'state/deployment-state.yaml'), 'utf8')).toContain('  <<: *x\n');
  await kgitJson(repo, ['export', '--to', folder]);
  expect(readFileSync(join(folder, 'state/deployment-state.yaml'), 'utf8')).toContain('  <<: *x\n');
});

it('an archived copy has the entries that were in it, though more were logged in its second', async () => {
  const name = 'old_deployments/dep-a_20251204_010010_completed';
  const archived = log(5, entry(0, 'deployment_initialized'), entry(5, 'one'));
  const live = log(
    7,
    entry(0, 'deployment_initialized'),
    ...['one', 'two', 'three'].map((it) => entry(5, it)),
    entry(7, 'four'),
  );
  const files = {
    [`${name}.yaml`]: `${HEAD}phase: x\n`,
    [`${name}_events.yaml`]: archived,
    'state/deployment-state.yaml': `${HEAD.replace(':05Z', ':07Z')}phase: z\n`,
    'state/deployment-events.yaml': live,
  };
  const { text } = await around(files);
  expect(text(`${name}_events.yaml`)).toBe(archived);
  expect(text('state/deployment-events.yaml')).toBe(live);
});

it('a flat copy without a state and a folder of the same time both come back', async () => {
  const flat = 'old_deployments/_20251204_010010_completed_events.yaml';
  const folder = 'old_deployments/dep-a_2025-12-04_01-00-10_over';
  const events = log(5, entry(0, 'deployment_initialized'), entry(5, 'one'));
  const files = {
    [flat]: events,
    [`${folder}/deployment-state.yaml`]: `${HEAD}phase: x\n`,
    [`${folder}/deployment-events.yaml`]: events,
  };
  const { text } = await around(files);
  for (const [name, wanted] of Object.entries(files)) expect([name, text(name)]).toEqual([name, wanted]);
});

it('a name that is too long for a file is told, and the rest is written', async () => {
  const repo = emptyState();
  const names = ['one', 'x'.repeat(300), 'a/b', 'y'.repeat(233)];
  const folder = checkout(
    Object.fromEntries(
      names.map((name, i) => [
        `state/cluster-c${i}-events.yaml`,
        `cluster_name: ${name}\nevents:\n${entry(0, 'made')}`,
      ]),
    ),
  );
  await kgitJson(repo, ['import', folder]);
  const to = temporaryFolder();
  const { code, stdout } = await kgit(repo, ['export', '--to', to, '--json']);
  expect(code).toBe(3);
  const { files, skipped } = JSON.parse(stdout) as {
    files: { path: string }[];
    skipped: { message: string }[];
  };
  expect(files.map(({ path }) => path).sort()).toEqual(
    ['one', 'y'.repeat(233)].map((name) => `state/cluster-${name}-events.yaml`),
  );
  for (const { path } of files) expect(existsSync(join(to, path))).toBe(true);
  expect(skipped.map(({ message }) => message).sort()).toEqual([
    'a file name of 320 bytes is too long',
    'the name "a/b" cannot be part of a file name',
  ]);
});

it('keys stay in the order of the file, withheld ones and those of calls of scripts included', async () => {
  const peer = `    ip: 10.0.0.1\n    private_key: ${KEY}\n    public_key: pub\n`;
  const state = `azure_rg_status: a\nclient_secret: Abc8Q~abcdefghijklmnopqrstuvwxyz0123456789\n${HEAD}kof_version: "1.1"\nwireguard_peers:\n  one:\n${peer}phase: x\n`;
  const { repo, to, text } = await around({ 'state/deployment-state.yaml': state });
  expect(keysIn(text('state/deployment-state.yaml'))).toEqual(keysIn(state));
  const calls = `update_state kof_domain b; update_state zone c; update_state aws_role d; update_state azure_x e
update_wireguard_peer one ${KEY} other; update_state phase y; update_state wireguard_peers.two.private_key ${KEY}
update_state wireguard_peers.two.public_key z`;
  expect((await bash(to, repo, calls)).code).toBe(0);
  const again = temporaryFolder();
  await kgitJson(repo, ['export', '--to', again]);
  const path = 'state/deployment-state.yaml';
  expect(keysIn(readFileSync(join(again, path), 'utf8'))).toEqual(keysIn(text(path)));
});

it('keys of a deployment that scripts alone have written stay in the order of the file', async () => {
  const [repo, folder, to] = [emptyState(), temporaryFolder(), temporaryFolder()];
  const calls = `init_deployment_state dep-s; update_state kof_version 1; assign_wireguard_ips a
update_wireguard_peer a ${KEY} pub; update_state zone b; update_state aws_role c; phase_mark_completed create_vms
update_azure_state azure_tenant_id t; update_azure_state azure_credentials_configured true`;
  expect((await bash(folder, repo, calls)).code).toBe(0);
  await kgitJson(repo, ['export', '--to', to]);
  for (const name of ['deployment-state', 'azure-state', 'deployment-events']) {
    const [was, is] = [folder, to].map((root) => readFileSync(join(root, `state/${name}.yaml`), 'utf8'));
    expect(keysIn(String(is))).toEqual(keysIn(String(was)));
  }
});

it('azure files that a full reset left go to the only deployment of the history', async () => {
  const azure =
    'azure_credentials_configured: true\nazure_tenant_id: t\nlast_updated: "2025-12-04T01:00:05Z"\n';
  const row = (id: string) =>
    `  - cluster_id: ${id}\n    deployed_at: "2025-12-04T01:00:00Z"\n    deployer: me\n`;
  const files = (...ids: string[]) => ({
    'state/azure-state.yaml': azure,
    'state/azure-events.yaml': `events:\n${entry(5, 'azure_credentials_configured')}last_updated: "2025-12-04T01:00:05Z"\n`,
    'old_deployments/deployment-history.yaml': `deployments:\n${ids.map(row).join('')}`,
  });
  const { repo, json, text } = await around(files('dep-a', 'dep-a'));
  const told = (json.files as { subject: string; warnings: string[] }[]).map(({ subject, warnings }) => [
    subject,
    ...warnings,
  ]);
  expect(told.filter(([subject]) => subject === 'deployment/dep-a')).toHaveLength(2);
  expect(told.flat().filter((one) => /only one in the history/.test(one))).toHaveLength(2);
  expect((await kgitJson(repo, ['get', 'azure.tenant_id', '--deployment', 'dep-a'])).value).toBe('t');
  expect(text('state/azure-state.yaml')).toBe(azure);
  const several = await kgit(emptyState(), ['import', checkout(files('dep-a', 'dep-b')), '--json']);
  expect([several.code, several.stdout]).not.toEqual([0, expect.anything()]);
  // The script API goes by the history, too.
  const [own, folder] = [emptyState(), checkout(files('dep-a'))];
  expect(await bash(folder, own, 'update_azure_state azure_tenant_id u; add_azure_event a b')).toMatchObject({
    code: 0,
    err: '',
  });
  expect((await kgitJson(own, ['get', 'azure.tenant_id', '--deployment', 'dep-a'])).value).toBe('u');
});
