/** A file that cannot be read is never replaced: each shape through the calls that scripts begin with. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { bash } from '../../support/script-api/bash.js';
import { ODD_FILES, type OddFile } from '../../support/script-api/odd-files.js';
import { emptyState } from '../../support/state-repository.js';
import { yq } from '../../support/yaml-readers/readers.js';

const STATE = 'state/deployment-state.yaml';

/** A checkout for each of the shapes, with the shape as one of its files. */
function checkouts(file: string, all = ODD_FILES): { root: string; all: readonly OddFile[] } {
  const root = temporaryFolder();
  all.forEach(({ bytes }, i) => {
    mkdirSync(join(root, String(i), 'state'), { recursive: true });
    writeFileSync(join(root, String(i), file), bytes);
  });
  return { root, all };
}

/** Runs calls in each checkout: their exit status, and what they told. */
async function inEach(root: string, calls: string): Promise<{ status: string; told: string }[]> {
  const script = `set +e
for i in {0..${readdirSync(root).length - 1}}; do
  cd "${root}/$i"
  { ${calls}; } >/dev/null 2>told
  echo "$?"
done`;
  const { code, out } = await bash(root, emptyState(), script);
  expect(code).toBe(0);
  const told = (i: number) => readFileSync(join(root, String(i), 'told'), 'utf8');
  return out
    .trimEnd()
    .split('\n')
    .map((status, i) => ({ status, told: told(i) }));
}

it('state_file_exists || init_deployment_state replaces no file that could not be read', async () => {
  const { root, all } = checkouts(STATE);
  const ran = await inEach(root, 'state_file_exists || init_deployment_state dep-new');
  expect(ran).toHaveLength(all.length);
  expect(all.length).toBeGreaterThan(40);
  for (const [i, { name, bytes, isRead }] of all.entries()) {
    const path = join(root, String(i), STATE);
    const { status, told } = ran[i] as (typeof ran)[number];
    if (isRead) {
      expect([name, status]).toEqual([name, '0']);
      continue;
    }
    expect([name, readFileSync(path).equals(bytes)]).toEqual([name, true]);
    expect([name, status]).toEqual([name, '1']);
    // Once by each of the two calls, with the place where there is one.
    expect(told, name).toMatch(
      /^kgit: .*deployment-state\.yaml:.*\nkgit: .*so the file is left as it is: .*\n$/,
    );
    if (!/MiB/.test(told)) expect(told, name).toMatch(/deployment-state\.yaml:\d+:\d+: /);
    expect(readdirSync(join(root, String(i), 'state')), name).toEqual(['deployment-state.yaml']);
  }
});

it('what yq reads is read, but for the stated bounds, and what yq then reads in it', async () => {
  const { root, all } = checkouts(STATE);
  const before = all.map((_, i) => yq('.phase', join(root, String(i), STATE)));
  const ran = await inEach(root, 'update_state owner "a b" && test "$(get_state owner)" = "a b"');
  for (const [i, { name, isRead }] of all.entries()) {
    const path = join(root, String(i), STATE);
    const bounded = /^(150|9 MiB|aliases of aliases|a further document with|Latin|an alias in itself)/.test(
      name,
    );
    if (before[i] !== null && !bounded && !/^(a list|a single value)/.test(name))
      expect([name, isRead]).toEqual([name, true]);
    expect([name, ran[i]?.status]).toEqual([name, isRead ? '0' : '1']);
    if (!isRead || /broken/.test(name)) continue;
    expect([name, yq('select(di == 0) | .owner', path)]).toEqual([name, 'a b\n']);
    const phase = /^\w+$/m.test(before[i] ?? '') ? before[i]?.split('\n')[0] : undefined;
    if (phase !== undefined)
      expect([name, yq('select(di == 0) | .phase', path)]).toEqual([name, `${phase}\n`]);
  }
});

it.each([
  ['cleanup_deployment_state', STATE],
  ['init_deployment_state dep-new', 'state/deployment-events.yaml'],
  ['add_event a b', 'state/deployment-events.yaml'],
  ['init_cluster_events one', 'state/cluster-one-events.yaml'],
  ['add_cluster_event one a b', 'state/cluster-one-events.yaml'],
  ['update_azure_state azure_tenant_id x', 'state/azure-state.yaml'],
  ['add_azure_event a b', 'state/azure-events.yaml'],
  ['get_azure_state azure_tenant_id', 'state/azure-state.yaml'],
  ['get_state phase', STATE],
  ['phase_mark_completed create_vms', STATE],
  ['get_wireguard_private_key a', STATE],
])('%s leaves what it cannot read in %s as it is, and says so', async (call, file) => {
  const unread = ODD_FILES.filter(({ isRead }) => !isRead);
  const { root, all } = checkouts(file, unread);
  const ran = await inEach(root, call);
  expect(ran.length).toBeGreaterThan(10);
  for (const [i, { name, bytes }] of all.entries()) {
    expect([name, readFileSync(join(root, String(i), file)).equals(bytes)]).toEqual([name, true]);
    expect([name, ran[i]?.status]).toEqual([name, '1']);
    expect(ran[i]?.told, name).toMatch(/^kgit: .*yaml(:\d+:\d+)?:/m);
  }
});

it('moves into an archive what cannot be read, and replaces none of an earlier second', async () => {
  // Of those that are read, which the history gets first, some are enough.
  const some = ODD_FILES.filter(({ isRead }, i) => !isRead || i % 8 === 0);
  const { root, all } = checkouts(STATE, some);
  await inEach(root, 'archive_existing_state over');
  for (const [i, { name, bytes }] of all.entries()) {
    const [folder = '', ...others] = readdirSync(join(root, String(i), 'old_deployments'));
    expect([name, others]).toEqual([name, []]);
    const path = join(root, String(i), 'old_deployments', folder, 'deployment-state.yaml');
    expect([name, readFileSync(path).equals(bytes)]).toEqual([name, true]);
  }
  const folder = temporaryFolder();
  const once = 'init_deployment_state dep-x >/dev/null; archive_existing_state over >/dev/null';
  expect((await bash(folder, emptyState(), `${once}; ${once}; ${once}`)).code).toBe(0);
  expect(readdirSync(join(folder, 'old_deployments'))).toHaveLength(3);
});

it('replaces no pipe, folder or link that leads nowhere', async () => {
  const folder = temporaryFolder();
  const { out, err } = await bash(
    folder,
    emptyState(),
    `set +e
mkdir state; mkfifo state/deployment-state.yaml; init_deployment_state dep-a; echo $?
rm state/deployment-state.yaml; mkdir state/deployment-state.yaml; init_deployment_state dep-a; echo $?
rmdir state/deployment-state.yaml; ln -s nowhere state/deployment-state.yaml; init_deployment_state dep-a; echo $?
ls state; init_deployment_state dep-b >/dev/null 2>&1 || true; test -L state/deployment-state.yaml && echo link`,
  );
  expect(out.split('\n')).toEqual(['1', '1', '18', 'deployment-state.yaml', 'link', '']);
  expect(err.match(/is not a regular file; so the file is left as it is/g)).toHaveLength(2);
});

it('tells of equal keys and of further documents once a script', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'state'));
  writeFileSync(join(folder, STATE), 'deployment_id: dep-x\nphase: a\nphase: b\n---\nother: 1\n');
  const { code, out, err } = await bash(
    folder,
    emptyState(),
    'get_state phase; update_state phase c; get_state phase; update_state new d; state_file_exists; get_state new',
  );
  expect([code, out]).toEqual([0, 'b\nc\nd\n']);
  expect(err.split('\n').map((line) => line.replace(/^kgit: \S*\//, ''))).toEqual([
    'deployment-state.yaml:3: the key "phase" is there a second time: the last one counts',
    'deployment-state.yaml:4: a further document begins: the first one alone is read',
    '',
  ]);
  const text = readFileSync(join(folder, STATE), 'utf8');
  expect(text).toMatch(/^deployment_id: dep-x\nphase: a\nphase: c\nlast_updated: ".*"\nnew: d\n/);
  expect(text).toMatch(/\n---\nother: 1\n$/);
});
